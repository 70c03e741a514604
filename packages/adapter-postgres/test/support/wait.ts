import type { Claim } from '@holdfast/core'
import { vi } from 'vitest'

/** Waits until `check` throws no more. Generous: it bounds a failing test, not a passing one. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 10 })
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

let names = 0

/** An exclusive claim by a fresh owner on a name that no other test of the file uses. */
export function claim(over: Partial<Claim> = {}): Claim {
  const owner = `test~${crypto.randomUUID().replaceAll('-', '')}`
  return { name: `name-${(names += 1)}`, owner, ttlMs: 60_000, mode: 'exclusive', limit: 1, ...over }
}
