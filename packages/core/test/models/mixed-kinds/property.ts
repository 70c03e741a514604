import * as fc from 'fast-check'
import { type Command, histories } from './history.js'

export interface Runs {
  readonly runs: number
  /** Replays one failure: both are printed with it. */
  readonly seed?: number
  readonly path?: string
  /** When to settle for the shortest counterexample so far. */
  readonly limitMs?: number
}

/** Rejects with the shortest history that `run` rejects, and how to replay it, if any of so many is. */
export async function everyHistory(run: (history: readonly Command[]) => Promise<void>, runs: Runs): Promise<void> {
  await fc.assert(fc.asyncProperty(histories, run), parametersOf(runs))
}

/** Whether `run` rejects any of so many histories. */
export async function someHistoryFails(
  run: (history: readonly Command[]) => Promise<void>,
  runs: Runs,
): Promise<boolean> {
  const { failed } = await fc.check(fc.asyncProperty(histories, run), { ...parametersOf(runs), endOnFailure: true })
  return failed
}

function parametersOf({ runs, seed, path, limitMs }: Runs): fc.Parameters<[readonly Command[]]> {
  return {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
    ...(limitMs !== undefined && { interruptAfterTimeLimit: limitMs }),
  }
}
