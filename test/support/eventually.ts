import { vi } from 'vitest'

/** Waits until `check` throws no more. Generous: it bounds a failing test, not a passing one. */
export function eventually<T>(check: () => T | Promise<T>, timeout = 15_000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 5 })
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it was expected to reject')
}

/** Monotonic milliseconds that `act` took, and what it answered or rejected with. */
export async function timed<T>(act: Promise<T>): Promise<{ ms: number; value?: T; error?: unknown }> {
  const from = performance.now()
  const ms = (): number => performance.now() - from
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
