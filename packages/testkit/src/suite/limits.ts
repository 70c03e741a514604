import type { CallLog } from './observe.js'

/** The longest time of a case that goes on, in limits; with more effort for random histories, as many times as long. */
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

/** The error of a case with a call that was not answered in time. */
export class Unanswered extends CaseTimeout {}

/** Rejects when `work` takes longer than `limitMs`. */
export function within<T>(limitMs: number, work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new CaseTimeout(`${what} did not end within ${limitMs} ms`)), limitMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

interface Activity {
  readonly log: CallLog
  /** How long a call may go without an answer. Default: as long as the case may go on without any. */
  readonly callMs?: number
  /** How many random histories are played, compared to the usual amount. */
  readonly effort?: number
  /** Whether the case itself lets time pass. */
  readonly waits?: () => boolean
}

/**
 * Rejects when no call of `log` is made or answered for `limitMs`, or for `callMs` while a call waits for its answer. A
 * slow backend that goes on answering goes on, and so does a case that lets time pass while no call waits for its answer.
 *
 * Time is counted in steps of a timer: a machine that holds this process up for long adds a step to the silence, not all
 * the time, because nothing in the process could call or answer meanwhile.
 */
export function whileActive<T>(limitMs: number, work: Promise<T>, activity: Activity): Promise<T> {
  const { log, callMs = limitMs, effort = 1, waits = () => false } = activity
  return new Promise((resolve, reject) => {
    const stepMs = callMs / STEPS
    const longestMs = limitMs * LONGEST * Math.max(1, effort)
    let activeAt = log.lastActivity()
    let silent = 0
    let steps = 0
    const look = (): void => {
      const lastAt = log.lastActivity()
      const verb = log.unanswered()
      silent = lastAt !== activeAt || (verb === undefined && waits()) ? 0 : silent + 1
      activeAt = lastAt
      steps += 1
      if (silent >= STEPS && verb !== undefined) reject(new Unanswered(`no answer to ${verb} within ${callMs} ms`))
      else if (silent * stepMs >= limitMs) reject(new CaseTimeout(`no end within ${limitMs} ms`))
      else if (steps * stepMs >= longestMs) reject(new CaseTimeout(`no end within ${longestMs} ms`))
      else timer = setTimeout(look, stepMs)
    }
    let timer = setTimeout(look, stepMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
