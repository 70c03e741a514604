import { AsyncLocalStorage } from 'node:async_hooks'
import type { createCallLog } from './observe.js'

/** A running case. */
export interface CaseRun {
  readonly id: string
  readonly startedAt: number
  readonly log: ReturnType<typeof createCallLog>
  /** Rejections and exceptions that no call waited for. */
  readonly strays: Error[]
}

const running = new AsyncLocalStorage<CaseRun>()

/** Runs a case so that every error that it leaves behind is known to be its own. */
export function underCase<T>(run: CaseRun, work: () => Promise<T>): Promise<T> {
  return running.run(run, work)
}

/** Adds a rejection or exception that no call waited for to the case that runs here. Answers whether there is one. */
export function noteStray(thrown: unknown): boolean {
  const run = running.getStore()
  run?.strays.push(thrown instanceof Error ? thrown : new Error(String(thrown)))
  return run !== undefined
}
