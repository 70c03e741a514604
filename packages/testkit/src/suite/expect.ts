import type { AcquireOutcome, Claim, ExtendOutcome, Granted, LockBackend, Refused } from '@holdfast/core'
import type { Rule } from './rules.js'
import { show, written } from './show.js'

/** The error of a case whose promise was not kept. Its message names promise, expectation and observation. */
export class BrokenPromise extends Error {
  override readonly name: string = 'BrokenPromise'
  /** The broken rule of the contract, if it is known; else the rule of the case. */
  readonly rule: Rule | undefined

  constructor(message: string, { rule }: { readonly rule?: Rule } = {}) {
    super(message)
    this.rule = rule
  }
}

/** Holds when `condition` does; `seen` is the answer of the backend. */
export function expectThat(condition: boolean, promise: string, seen: unknown): asserts condition {
  if (!condition) throw new BrokenPromise(`${promise}\n  seen: ${show(seen)}`)
}

/** Holds when both are the same, compared by their written form. */
export function expectSame(seen: unknown, expected: unknown, promise: string): void {
  if (written(seen) === written(expected)) return
  throw new BrokenPromise(`${promise}\n  expected: ${show(expected)}\n  seen:     ${show(seen)}`)
}

/** Makes one attempt and holds when it is granted. */
export async function expectGranted(backend: LockBackend, claim: Claim, promise: string): Promise<Granted> {
  const outcome = await backend.acquire(claim)
  return isGranted(outcome, promise)
}

export function isGranted(outcome: AcquireOutcome, promise: string): Granted {
  expectThat(outcome.acquired === true, `${promise}: expected a grant`, outcome)
  return outcome
}

/** Makes one attempt and holds when it is refused. */
export async function expectRefused(backend: LockBackend, claim: Claim, promise: string): Promise<Refused> {
  const outcome = await backend.acquire(claim)
  expectThat(outcome.acquired === false, `${promise}: expected a refusal`, outcome)
  return outcome
}

/** The fence of a grant by a backend that promises fences. */
export function fenceOf(outcome: { readonly fence: number | null }): number {
  const { fence } = outcome
  expectThat(fence !== null && Number.isSafeInteger(fence) && fence > 0, 'a fence is a positive safe integer', outcome)
  return fence
}

/** Holds when exactly these owners hold the name. */
export async function expectHeldBy(
  backend: LockBackend,
  name: string,
  owners: readonly string[],
  promise: string,
): Promise<void> {
  const inspection = await backend.inspect(name)
  const seen = inspection === null ? [] : inspection.holders.map((holder) => holder.owner)
  expectSame(seen.toSorted(), owners.toSorted(), `${promise}: who holds the name`)
}

/** Holds when the outcome of each of `count` claims is that its lease is lost. Other fields of an outcome do not count. */
export function expectLost(seen: readonly ExtendOutcome[], promise: string, count = 1): void {
  const statuses = seen.map(({ status }) => status)
  const lost = Array.from({ length: count }, () => 'lost')
  expectSame(statuses, lost, promise)
}

/** Holds when nothing is held under the name. */
export async function expectFree(backend: LockBackend, name: string, promise: string): Promise<void> {
  expectSame(await backend.inspect(name), null, `${promise}: inspect of a free name`)
}
