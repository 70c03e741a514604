import type { CallLog } from './observe.js'

/** The longest time of a case that goes on, in limits. */
const LONGEST = 20
/** How long a case may go on without an answer, unless a caller says otherwise. */
export const LIMIT_MS = 30_000
/** The longest time of a case with that limit. */
export const LONGEST_CASE_MS: number = LONGEST * LIMIT_MS
const { setTimeout, setImmediate, clearTimeout, performance } = globalThis

/** The error of a case, or of a step of the target, that did not end in time. */
export class CaseTimeout extends Error {
  override readonly name: string = 'CaseTimeout'
}

/** Rejects when `work` takes longer than `limitMs`. */
export function within<T>(limitMs: number, work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new CaseTimeout(`${what} did not end within ${limitMs} ms`)), limitMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/**
 * Rejects when no call of `log` is made or answered within `limitMs`. A slow backend that goes on answering may go on.
 */
export function whileActive<T>(limitMs: number, work: Promise<T>, log: CallLog): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = performance.now() + LONGEST * limitMs
    let timer: ReturnType<typeof setTimeout>
    let settled = false
    const leftMs = (): number => Math.min(log.lastActivity() + limitMs, end) - performance.now()
    const wait = (): void => {
      if (!settled) timer = setTimeout(look, leftMs())
    }
    const look = (): void => {
      // Answers that arrived while this process was held up have not been read: they are read before the verdict.
      if (leftMs() <= 0) setImmediate(() => setImmediate(judge))
      else wait()
    }
    const judge = (): void => {
      if (leftMs() <= 0) reject(new CaseTimeout(`no end within ${limitMs} ms`))
      else wait()
    }
    timer = setTimeout(look, limitMs)
    work.then(resolve, reject).finally(() => {
      settled = true
      clearTimeout(timer)
    })
  })
}
