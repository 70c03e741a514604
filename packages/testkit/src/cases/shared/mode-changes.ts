import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import {
  fenceOf,
  expectGranted,
  expectHeldBy,
  expectThat,
  expectRefused,
  expectSame,
  expectFree,
} from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const reading = { mode: 'shared', limit: Infinity } as const
const LOST = [{ status: 'lost' }]

/** An extension makes an exclusive lease shared, and never creates a lease. */
export const modeChanges: readonly ConformanceCase[] = [
  {
    id: 'shared/downgrade',
    title: 'an exclusive owner whose lease is extended as shared holds on and lets others in',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await shares(a, mine)
      expectSame((await b.inspect(name))?.mode, 'shared', 'the mode that inspect shows')
      const other = claim(reading)
      await expectGranted(b, other, 'the owner holds shared now')
      await expectHeldBy(a, name, [mine.owner, other.owner], 'both hold shared')
      await expectRefused(b, claim(), 'both hold shared')
      expectSame(await b.release({ name, owner: mine.owner }), 'released', 'release by the former exclusive owner')
      await expectHeldBy(a, name, [other.owner], 'the former exclusive owner has released')
    },
  },
  {
    id: 'shared/downgrade-fence',
    title: 'an exclusive owner whose lease is extended as shared keeps its fence, however many it reserved',
    requires: ['shared', 'fencing'],
    run: async ({ a, b, named, claim }) => {
      for (const mine of [claim(), claim({ name: named('/several'), fences: 5 })]) {
        const fence = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
        await shares(a, mine)
        expectSame(
          (await b.inspect(mine.name))?.holders[0]?.fence,
          fence,
          'the fence that inspect shows after the change',
        )
        const again = await expectGranted(b, { ...mine, ...reading }, 'the owner claims again, as shared')
        expectSame(again.fence, fence, 'the fence of a repeated claim after the change')
        const next = fenceOf(
          await expectGranted(b, claim({ ...reading, name: mine.name }), 'the owner holds shared now'),
        )
        const least = fence + (mine.fences ?? 1)
        expectThat(
          next >= least,
          `the fence after ${fence} with ${mine.fences ?? 1} reserved is at least ${least}`,
          next,
        )
      }
      const held = claim({ name: named('/extended') })
      const fence = fenceOf(await expectGranted(a, held, 'nobody holds the name'))
      await a.extend([{ ...held, fences: 5 }])
      await shares(a, held)
      const promise = 'the fence that inspect shows after more were reserved, and the change'
      expectSame((await b.inspect(held.name))?.holders[0]?.fence, fence, promise)
    },
  },
  {
    id: 'shared/downgrade-fence-repeat',
    title: 'an owner who reserved more fences before it came to share claims again and is answered its first fence',
    requires: ['shared', 'fencing'],
    run: async ({ a, b, claim }) => {
      const mine = claim()
      const fence = fenceOf(await expectGranted(a, mine, 'nobody holds the name'))
      await a.extend([{ ...mine, fences: 5 }])
      await shares(a, mine)
      for (const handle of [a, b]) {
        const again = await expectGranted(handle, { ...mine, ...reading }, 'the owner claims again, as shared')
        expectSame(again.fence, fence, 'the fence of a repeated claim after more were reserved, and the change')
      }
    },
  },
  {
    id: 'shared/downgrade-refreshes',
    title: 'an exclusive owner whose lease is extended as shared holds it for the new ttl, a longer one',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      await before(start + ms(200), () => shares(b, { ...mine, ttlMs: LONG_MS }))
      await outlive(ms(200))
      await expectHeldBy(a, name, [mine.owner], 'the lease was extended as shared, for longer')
    },
  },
  {
    id: 'shared/downgrade-shortens',
    title: 'an exclusive owner whose lease is extended as shared holds it for the new ttl, a shorter one',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await shares(b, { ...mine, ttlMs: ms(50) })
      await outlive(ms(50))
      await expectFree(a, name, 'the lease was extended as shared, for less')
      await expectGranted(b, claim(), 'the lease has ended')
    },
  },
  {
    id: 'shared/downgrade-atomic',
    title: 'nobody gets in between while the lease of an exclusive owner is extended as shared',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const change = shares(a, mine)
      const writers = await Promise.all(Array.from({ length: 10 }, () => b.acquire(claim())))
      await change
      expectSame(
        writers.map(({ acquired }) => acquired),
        writers.map(() => false),
        'what writers are answered meanwhile',
      )
      await expectHeldBy(b, name, [mine.owner], 'the owner holds shared')
    },
  },
  {
    id: 'shared/downgrade-creates-nothing',
    title: 'an exclusive owner whose lease is extended as shared after its end is answered lost, and takes nothing',
    requires: ['shared'],
    run: async ({ a, b, named, claim, ms, outlive }) => {
      const released = claim({ name: named('/released') })
      const evicted = claim({ name: named('/evicted') })
      const expired = claim({ name: named('/expired'), ttlMs: ms(50) })
      for (const mine of [released, evicted, expired]) await expectGranted(a, mine, 'nobody holds the name')
      await a.release({ name: released.name, owner: released.owner })
      await b.evict(evicted.name)
      await outlive(expired.ttlMs)
      for (const mine of [released, evicted, expired]) {
        const promise = mine.name.slice(mine.name.lastIndexOf('/') + 1)
        expectSame(
          await a.extend([{ ...mine, ...reading, ttlMs: LONG_MS }]),
          LOST,
          `extend as shared of what was ${promise}`,
        )
        await expectFree(b, mine.name, `after an extend as shared of what was ${promise}`)
      }
    },
  },
  {
    id: 'shared/downgrade-takes-nothing',
    title: 'an exclusive owner whose lease is extended as shared when others hold the name is answered lost',
    requires: ['shared'],
    run: async ({ a, b, named, claim, ms, outlive }) => {
      for (const [suffix, over] of [
        ['/written', {}],
        ['/read', reading],
      ] as const) {
        const mine = claim({ name: named(suffix), ttlMs: ms(50) })
        await expectGranted(a, mine, 'nobody holds the name')
        await outlive(mine.ttlMs)
        const next = claim({ name: mine.name, ...over })
        await expectGranted(b, next, 'the lease before has expired')
        expectSame(await a.extend([{ ...mine, ...reading, ttlMs: 10 }]), LOST, 'extend as shared by the former owner')
        await outlive(10)
        await expectHeldBy(b, mine.name, [next.owner], 'after an extend as shared by the former owner')
        expectSame((await b.inspect(mine.name))?.mode, next.mode, 'the mode of the present lease')
      }
    },
  },
  {
    id: 'shared/downgrade-twice',
    title: 'an exclusive owner whose lease is extended as shared twice holds it once',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const { fence } = await expectGranted(a, mine, 'nobody holds the name')
      await shares(a, mine)
      await shares(b, mine)
      await expectHeldBy(a, name, [mine.owner], 'extended as shared twice')
      expectSame((await b.inspect(name))?.holders[0]?.fence, fence, 'the fence after the second time')
      await expectGranted(b, claim({ ...reading, limit: 2 }), 'the second of two')
      await expectRefused(b, claim({ ...reading, limit: 2 }), 'the third of two')
      expectSame(await a.release({ name, owner: mine.owner }), 'released', 'release after the second time')
      expectSame(await a.release({ name, owner: mine.owner }), 'not-held', 'the second release')
    },
  },
  {
    id: 'shared/downgrade-goes-on',
    title: 'an exclusive owner whose lease is extended as shared extends and releases it like any other',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      const start = now()
      await shares(a, { ...mine, ttlMs: ms(200) })
      await before(start + ms(200), () => shares(b, mine))
      await outlive(ms(200))
      await expectHeldBy(a, name, [mine.owner], 'the shared lease was extended')
      expectSame(await b.release({ name, owner: mine.owner }), 'released', 'release of the shared lease')
      await expectFree(a, name, 'the shared lease was released')
      expectSame(await a.extend([{ ...mine, ...reading }]), LOST, 'extend of the shared lease after its release')
      await expectGranted(b, claim(), 'the shared lease was released')
    },
  },
  {
    id: 'shared/downgrade-batch',
    title: 'an exclusive owner whose lease is extended as shared among others changes that one alone',
    requires: ['shared'],
    run: async ({ a, b, named, claim }) => {
      const [kept, read, gone, changed, foreign] = ['/kept', '/read', '/gone', '/changed', '/foreign'].map((suffix) =>
        claim({ name: named(suffix) }),
      ) as [Claim, Claim, Claim, Claim, Claim]
      for (const each of [kept, changed, { ...read, ...reading }]) await expectGranted(a, each, 'nobody holds the name')
      await expectGranted(b, claim({ name: foreign.name }), 'nobody holds the name')
      const shared = [read, gone, changed, foreign].map((each) => ({ ...each, ...reading }))
      const outcomes = await a.extend([kept, ...shared])
      expectSame(
        outcomes.map(({ status }) => status),
        ['extended', 'extended', 'lost', 'extended', 'lost'],
        'a batch of a kept lease, a shared one, none, one that becomes shared and one of somebody else',
      )
      const modes = await Promise.all([kept, ...shared].map(async (each) => (await b.inspect(each.name))?.mode))
      const expected = ['exclusive', 'shared', undefined, 'shared', 'exclusive']
      expectSame(modes.map(String), expected.map(String), 'the modes after the batch')
    },
  },
]

/** Extends the lease of the claim's owner, as shared. */
export async function shares(backend: LockBackend, claim: Claim): Promise<void> {
  const [outcome] = await backend.extend([{ ...claim, ...reading }])
  expectSame(outcome?.status, 'extended', 'extend as shared')
}
