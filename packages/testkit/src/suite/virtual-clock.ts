import type { Clock } from '@holdfast/core'
import { checkMilliseconds } from './arguments.js'

/** A clock that stands still until `advance` moves it. The same calls always give the same order of timers. */
export interface VirtualClock extends Clock {
  /**
   * Moves time forward by `ms` milliseconds and runs the timers that fall due, in order. Everything that
   * is ready to run without further time runs before, between and after them. Rejects with a `TypeError` for any other
   * value than a finite number.
   */
  advance(ms: number): Promise<void>
}

interface Timer {
  readonly dueAt: number
  readonly fn: () => void
}

// Taken when the module loads, so that timers faked later by a test do not stop this clock.
const { setImmediate } = globalThis

/** Virtual time that starts at `startMs` on both of its scales. */
export function virtualClock(startMs = 0): VirtualClock {
  checkMilliseconds('virtualClock', startMs)
  const timers = new Map<number, Timer>()
  let nowMs = startMs
  let lastHandle = 0

  /** The earliest timer due by `endMs`; of several timers that are due together, the timer set first. */
  const next = (endMs: number): [number, Timer] | undefined => {
    let found: [number, Timer] | undefined
    for (const entry of timers) {
      if (entry[1].dueAt <= endMs && (found === undefined || entry[1].dueAt < found[1].dueAt)) found = entry
    }
    return found
  }

  return Object.freeze({
    now: (): number => nowMs,
    wallNow: (): number => nowMs,
    setTimeout(fn: () => void, ms: number): unknown {
      timers.set(++lastHandle, { dueAt: nowMs + Math.max(0, ms), fn })
      return lastHandle
    },
    clearTimeout: (handle: unknown): void => {
      if (typeof handle === 'number') timers.delete(handle)
    },
    async advance(ms: number): Promise<void> {
      checkMilliseconds('advance', ms)
      const endMs = nowMs + ms
      await settled()
      for (let due = next(endMs); due !== undefined; due = next(endMs)) {
        const [handle, timer] = due
        timers.delete(handle)
        nowMs = Math.max(nowMs, timer.dueAt)
        timer.fn()
        await settled()
      }
      nowMs = Math.max(nowMs, endMs)
    },
  })
}

/**
 * Resolves when no promise can go on by itself: a turn of the event loop starts only when the microtasks have ended.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
