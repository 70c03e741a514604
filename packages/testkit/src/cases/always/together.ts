import type { AcquireOutcome, BackendError, Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectFree, expectGranted, expectHeldBy, expectSame, fenceOf } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** Calls of one turn of the event loop, which a backend may send together: each has an outcome of its own. */
export const together: readonly ConformanceCase[] = [
  {
    id: 'together/own-answers',
    title: 'claims that are made together are each given their own answer',
    run: async (world) => {
      const { a, b } = world
      const claims = claimsOf(world, 40)
      const taken = claims.filter((_, i) => i % 3 === 1).map((claim) => ({ ...claim, owner: world.owner() }))
      for (const claim of taken) await expectGranted(b, claim, 'a free name')
      const outcomes = await Promise.all(claims.map((claim) => a.acquire(claim)))
      expectSame(
        outcomes.map(({ acquired }) => acquired),
        claims.map((_, i) => i % 3 !== 1),
        'which of forty claims that were made together were granted, one in three of the names being held',
      )
      for (const [i, claim] of claims.entries()) {
        const holder = (await b.inspect(claim.name))?.holders[0]
        const outcome = outcomes[i] as AcquireOutcome
        if (outcome.acquired) expectSame(holder?.owner, claim.owner, 'who holds a name that was granted')
        if (outcome.acquired && a.capabilities.fencing) {
          expectSame(holder?.fence, fenceOf(outcome), 'the fence of a claim that was made together with others')
        }
      }
      const released = await Promise.all(claims.map(({ name, owner }) => a.release({ name, owner })))
      expectSame(
        released,
        claims.map((_, i) => (i % 3 !== 1 ? 'released' : 'not-held')),
        'the answers to forty releases that were made together',
      )
      for (const { name, owner } of taken) await expectHeldBy(b, name, [owner], 'after the releases of others')
    },
  },
  {
    id: 'together/fails-alone',
    title: 'of calls that are made together, one that fails fails alone',
    requires: ['otherType'],
    run: async (world) => {
      const { a, b, foreign } = world
      const claims = claimsOf(world, 9)
      const odd = claims[4] as Claim
      await foreign.plantOtherType?.(odd.name)
      const outcomes = await Promise.allSettled(claims.map((claim) => a.acquire(claim)))
      expectSame(
        outcomes.map(({ status }) => status),
        claims.map((claim) => (claim === odd ? 'rejected' : 'fulfilled')),
        'which of nine claims that were made together failed, the fifth name being of another type',
      )
      const others = claims.filter((claim) => claim !== odd)
      for (const { name, owner } of others) await expectHeldBy(b, name, [owner], 'a claim beside one that failed')
      const released = await Promise.allSettled(claims.map(({ name, owner }) => a.release({ name, owner })))
      expectSame(
        released.map(({ status }) => status),
        claims.map((claim) => (claim === odd ? 'rejected' : 'fulfilled')),
        'which of nine releases that were made together failed, the fifth name being of another type',
      )
      for (const { name } of others) await expectFree(b, name, 'a release beside one that failed')
    },
  },
  {
    id: 'together/line-stays',
    title: 'a claim that is made together with a release is not granted past the line',
    requires: ['line'],
    run: async (world) => {
      const { a, b } = world
      const holder = world.claim()
      const waiter = world.claim({ lineMs: LONG_MS })
      await expectGranted(a, holder, 'nobody holds the name')
      await b.acquire(waiter)
      const [released, outcome] = await Promise.all([
        a.release({ name: holder.name, owner: holder.owner }),
        a.acquire(world.claim()),
      ])
      expectSame(released, 'released', 'a release that is made together with a claim')
      expectSame(outcome.acquired, false, 'whether a claim that is made together with a release overtakes the line')
      await expectHeldBy(a, holder.name, [waiter.owner], 'after a release with a line behind the name')
    },
  },
  {
    id: 'together/aborted-alone',
    title: 'a call whose signal is aborted takes none of those with it that were made together with it',
    run: async (world) => {
      const { a, b } = world
      const claims = claimsOf(world, 9)
      const controller = new AbortController()
      const calls = claims.map((claim, i) => a.acquire(claim, i === 4 ? { signal: controller.signal } : undefined))
      controller.abort()
      const outcomes = await Promise.allSettled(calls)
      for (const [i, { name, owner }] of claims.entries()) {
        const outcome = outcomes[i]
        if (i !== 4) expectSame(outcome?.status, 'fulfilled', 'a claim beside one that was aborted')
        if (outcome?.status !== 'rejected') await expectHeldBy(b, name, [owner], 'a claim that was granted')
        else if (wasNotExecuted(outcome.reason)) await expectFree(b, name, 'a claim that was not executed')
      }
    },
  },
]

const wasNotExecuted = (error: unknown): boolean => (error as BackendError).executed === 'no'

function claimsOf({ claim, named }: World, count: number): readonly Claim[] {
  return Array.from({ length: count }, (_, i) => claim({ name: named(`/${i}`) }))
}
