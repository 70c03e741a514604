import type { Claim } from '@holdfast/core'
import * as wait from '../../../../test/support/eventually.js'

export { rejection } from '../../../../test/support/eventually.js'

/** Waits until `check` throws no more. The long limit bounds a failing test, not a passing test. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return wait.eventually(check, 30_000)
}

let names = 0

/** An exclusive claim by a fresh owner on a name that no other test of the file uses. */
export function claim(over: Partial<Claim> = {}): Claim {
  const owner = `test~${crypto.randomUUID().replaceAll('-', '')}`
  return { name: `name-${(names += 1)}`, owner, ttlMs: 60_000, mode: 'exclusive', limit: 1, ...over }
}
