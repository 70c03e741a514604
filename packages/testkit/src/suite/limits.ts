import type { CallLog } from './observe.js'

/** The longest time of a case that goes on, in limits. */
const LONGEST = 20
/** How long a case may go on without an answer, unless a caller says otherwise. */
export const LIMIT_MS = 30_000
/** The longest time of a case with that limit. */
export const LONGEST_CASE_MS: number = LONGEST * LIMIT_MS
/** The steps in which a limit is counted. */
const STEPS = 20
const { setTimeout, clearTimeout } = globalThis

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
 * Rejects when no call of `log` is made or answered for so long. A slow backend that goes on answering goes on.
 *
 * Time is counted in steps of a timer: a machine that holds this process up for long adds a step to the silence, not all
 * the time, because nothing in the process could call or answer meanwhile.
 */
export function whileActive<T>(limitMs: number, work: Promise<T>, log: CallLog): Promise<T> {
  return new Promise((resolve, reject) => {
    const stepMs = limitMs / STEPS
    let activeAt = log.lastActivity()
    let silent = 0
    let steps = 0
    const look = (): void => {
      const lastAt = log.lastActivity()
      silent = lastAt === activeAt ? silent + 1 : 0
      activeAt = lastAt
      steps += 1
      if (silent < STEPS && steps < LONGEST * STEPS) timer = setTimeout(look, stepMs)
      else reject(new CaseTimeout(`no end within ${limitMs} ms`))
    }
    let timer = setTimeout(look, stepMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
