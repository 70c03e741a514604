import { inspect } from 'node:util'
import { type ExtendOutcome, isBackendError } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectThat, expectSame } from '../../suite/expect.js'

/** A key of another type cannot be a lock: every verb reports that and changes nothing. */
export const foreignTypes: readonly ConformanceCase[] = [
  {
    id: 'foreign/other-type',
    title: 'a key of another type is an error that says that nothing was executed, for each verb, without the owner',
    requires: ['otherType'],
    run: async ({ a, b, name, claim, owner, foreign }) => {
      await foreign.plantOtherType?.(name)
      const mine = owner()
      await rejects('acquire', mine, () => a.acquire(claim({ owner: mine })))
      await rejects('acquire in line', mine, () => b.acquire(claim({ owner: mine, lineMs: 1000, ttlMs: 10 })))
      await rejects('release', mine, () => a.release({ name, owner: mine }))
      await rejects('inspect', mine, () => b.inspect(name))
      await rejects('extend', mine, () => extendOne(a.extend([claim({ owner: mine })])))
      await rejects('acquire after all other verbs', mine, () => a.acquire(claim({ owner: mine })))
      await foreign.remove(name)
      await expectGranted(b, claim(), 'nothing is left at the key or beside it')
    },
  },
  {
    id: 'foreign/other-type-in-batch',
    title: 'a key of another type in a batch does not make the others lost',
    requires: ['otherType'],
    run: async ({ a, name, named, claim, foreign }) => {
      const mine = claim({ name: named('/mine') })
      await expectGranted(a, mine, 'nobody holds the name')
      await foreign.plantOtherType?.(name)
      const outcomes = await a.extend([claim(), mine]).catch((error: unknown) => {
        expectThat(isBackendError(error) && error.executed === 'no', 'what an extend of such a batch throws', error)
        return null
      })
      if (outcomes !== null) {
        expectSame(outcomes[1]?.status, 'extended', 'the outcome of the claim beside the wrong key')
        expectThat(outcomes[0]?.status === 'unknown', 'the outcome of the claim on the wrong key', outcomes[0])
      }
      await foreign.remove(name)
    },
  },
]

/** An extend may throw for its only claim, or answer `unknown` with the same error as cause. */
async function extendOne(answer: Promise<readonly ExtendOutcome[]>): Promise<unknown> {
  const [outcome] = await answer
  if (outcome?.status === 'unknown') throw outcome.cause
  return outcome
}

async function rejects(verb: string, owner: string, call: () => Promise<unknown>): Promise<void> {
  const seen = await call().then(
    (value) => ({ answered: value }),
    (error: unknown) => ({ error }),
  )
  const promise = `${verb} on a key of another type throws a BackendError with executed 'no'`
  expectThat('error' in seen && isBackendError(seen.error) && seen.error.executed === 'no', promise, seen)
  const text = inspect(seen.error, { depth: Infinity })
  // The text is not shown: the token is a secret, and a failure is printed.
  expectThat(
    !text.includes(owner),
    `what ${verb} throws shows the token of the owner`,
    text.replaceAll(owner, '[owner]'),
  )
}
