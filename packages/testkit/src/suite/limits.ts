import type { CallLog } from './observe.js'

/** How many limits a case may take although it goes on. */
const LONGEST = 20
const { setTimeout, clearTimeout, performance } = globalThis

/** The case, or a step of the target, did not end in time. */
export class CaseTimeout extends Error {
  override readonly name: string = 'CaseTimeout'
}

/** Rejects when `work` takes longer. */
export function within<T>(limitMs: number, work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new CaseTimeout(`${what} did not end within ${limitMs} ms`)), limitMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Rejects when no call of `log` is made or answered for so long. A slow backend that goes on answering goes on. */
export function whileActive<T>(limitMs: number, work: Promise<T>, log: CallLog): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = performance.now() + LONGEST * limitMs
    let timer: ReturnType<typeof setTimeout>
    const look = (): void => {
      const left = Math.min(log.lastActivity() + limitMs, end) - performance.now()
      if (left <= 0) reject(new CaseTimeout(`no end within ${limitMs} ms`))
      else timer = setTimeout(look, left)
    }
    timer = setTimeout(look, limitMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
