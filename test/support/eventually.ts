import { setTimeout as sleep } from 'node:timers/promises'
import { ownTime } from './pace.js'

const POLL_MS = 5

/**
 * Waits until `check` throws no more, for `timeoutMs` of {@link ownTime}. The long limit bounds a failing test, not a
 * passing test.
 */
export async function eventually<T>(check: () => T | Promise<T>, timeoutMs = 15_000): Promise<T> {
  for (const end = ownTime() + timeoutMs; ; await sleep(POLL_MS)) {
    try {
      return await check()
    } catch (error) {
      if (ownTime() >= end) throw error
    }
  }
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it was expected to reject')
}

/**
 * The milliseconds that `act` took, in {@link ownTime}, so that an upper bound holds on a busy machine too, and its
 * answer or its error.
 */
export async function timed<T>(act: Promise<T>): Promise<{ ms: number; value?: T; error?: unknown }> {
  const from = ownTime()
  const ms = (): number => ownTime() - from
  return act.then(
    (value) => ({ value, ms: ms() }),
    (error: unknown) => ({ error, ms: ms() }),
  )
}

let names = 0

/** A name that no other test of this file uses. */
export function freshName(): string {
  return `name-${(names += 1)}`
}
