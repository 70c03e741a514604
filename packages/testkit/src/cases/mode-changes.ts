import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, heldBy, keeps, refused, same, unheld } from '../expect.js'
import { LONG_MS } from '../world.js'
import { told, watched } from './watching.js'

const reading = { mode: 'shared', limit: Infinity } as const
const waiting: Partial<Claim> = { lineMs: LONG_MS }
const LOST = [{ status: 'lost' }]

/** What an owner holds exclusively is made shared by an extension, which never creates. */
export const modeChanges: readonly ConformanceCase[] = [
  {
    id: 'shared/downgrade',
    title: 'an exclusive owner whose lease is extended as shared holds on and lets others in',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await shares(a, mine)
      same((await b.inspect(name))?.mode, 'shared', 'the mode that inspect shows')
      const other = wish(reading)
      await granted(b, other, 'the owner holds shared now')
      await heldBy(a, name, [mine.owner, other.owner], 'both hold shared')
      await refused(b, wish(), 'both hold shared')
      same(await b.release({ name, owner: mine.owner }), 'released', 'release by the former exclusive owner')
      await heldBy(a, name, [other.owner], 'the former exclusive owner has released')
    },
  },
  {
    id: 'shared/downgrade-fence',
    title: 'an exclusive owner whose lease is extended as shared keeps its fence, however many it reserved',
    requires: ['shared', 'fencing'],
    run: async ({ a, b, named, wish }) => {
      for (const mine of [wish(), wish({ name: named('/several'), fences: 5 })]) {
        const fence = fenceOf(await granted(a, mine, 'nobody holds the name'))
        await shares(a, mine)
        same((await b.inspect(mine.name))?.holders[0]?.fence, fence, 'the fence that inspect shows after the change')
        const again = await granted(b, { ...mine, ...reading }, 'the owner claims again, as shared')
        same(again.fence, fence, 'the fence of a repeated claim after the change')
        const next = fenceOf(await granted(b, wish({ ...reading, name: mine.name }), 'the owner holds shared now'))
        const least = fence + (mine.fences ?? 1)
        keeps(next >= least, `the fence after ${fence} with ${mine.fences ?? 1} reserved is at least ${least}`, next)
      }
      const held = wish({ name: named('/extended') })
      const fence = fenceOf(await granted(a, held, 'nobody holds the name'))
      await a.extend([{ ...held, fences: 5 }])
      await shares(a, held)
      const promise = 'the fence that inspect shows after more were reserved, and the change'
      same((await b.inspect(held.name))?.holders[0]?.fence, fence, promise)
    },
  },
  {
    id: 'shared/downgrade-refreshes',
    title: 'an exclusive owner whose lease is extended as shared holds it for the new ttl, a longer one',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'nobody holds the name')
      await before(start + ms(200), () => shares(b, { ...mine, ttlMs: LONG_MS }))
      await outlive(ms(200))
      await heldBy(a, name, [mine.owner], 'the lease was extended as shared, for longer')
    },
  },
  {
    id: 'shared/downgrade-shortens',
    title: 'an exclusive owner whose lease is extended as shared holds it for the new ttl, a shorter one',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await shares(b, { ...mine, ttlMs: ms(50) })
      await outlive(ms(50))
      await unheld(a, name, 'the lease was extended as shared, for less')
      await granted(b, wish(), 'the lease has ended')
    },
  },
  {
    id: 'shared/downgrade-atomic',
    title: 'nobody gets in between while the lease of an exclusive owner is extended as shared',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const change = shares(a, mine)
      const writers = await Promise.all(Array.from({ length: 10 }, () => b.acquire(wish())))
      await change
      same(
        writers.map(({ acquired }) => acquired),
        writers.map(() => false),
        'what writers are answered meanwhile',
      )
      await heldBy(b, name, [mine.owner], 'the owner holds shared')
    },
  },
  {
    id: 'shared/downgrade-creates-nothing',
    title: 'an exclusive owner whose lease is extended as shared after its end is answered lost, and takes nothing',
    requires: ['shared'],
    run: async ({ a, b, named, wish, ms, outlive }) => {
      const released = wish({ name: named('/released') })
      const evicted = wish({ name: named('/evicted') })
      const expired = wish({ name: named('/expired'), ttlMs: ms(50) })
      for (const mine of [released, evicted, expired]) await granted(a, mine, 'nobody holds the name')
      await a.release({ name: released.name, owner: released.owner })
      await b.evict(evicted.name)
      await outlive(expired.ttlMs)
      for (const mine of [released, evicted, expired]) {
        const promise = mine.name.slice(mine.name.lastIndexOf('/') + 1)
        same(await a.extend([{ ...mine, ...reading, ttlMs: LONG_MS }]), LOST, `extend as shared of what was ${promise}`)
        await unheld(b, mine.name, `after an extend as shared of what was ${promise}`)
      }
    },
  },
  {
    id: 'shared/downgrade-takes-nothing',
    title: 'an exclusive owner whose lease is extended as shared when others hold the name is answered lost',
    requires: ['shared'],
    run: async ({ a, b, named, wish, ms, outlive }) => {
      for (const [suffix, over] of [
        ['/written', {}],
        ['/read', reading],
      ] as const) {
        const mine = wish({ name: named(suffix), ttlMs: ms(50) })
        await granted(a, mine, 'nobody holds the name')
        await outlive(mine.ttlMs)
        const next = wish({ name: mine.name, ...over })
        await granted(b, next, 'the lease before has expired')
        same(await a.extend([{ ...mine, ...reading, ttlMs: 10 }]), LOST, 'extend as shared by the former owner')
        await outlive(10)
        await heldBy(b, mine.name, [next.owner], 'after an extend as shared by the former owner')
        same((await b.inspect(mine.name))?.mode, next.mode, 'the mode of the present lease')
      }
    },
  },
  {
    id: 'shared/downgrade-twice',
    title: 'an exclusive owner whose lease is extended as shared twice holds it once',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const { fence } = await granted(a, mine, 'nobody holds the name')
      await shares(a, mine)
      await shares(b, mine)
      await heldBy(a, name, [mine.owner], 'extended as shared twice')
      same((await b.inspect(name))?.holders[0]?.fence, fence, 'the fence after the second time')
      await granted(b, wish({ ...reading, limit: 2 }), 'the second of two')
      await refused(b, wish({ ...reading, limit: 2 }), 'the third of two')
      same(await a.release({ name, owner: mine.owner }), 'released', 'release after the second time')
      same(await a.release({ name, owner: mine.owner }), 'not-held', 'the second release')
    },
  },
  {
    id: 'shared/downgrade-goes-on',
    title: 'an exclusive owner whose lease is extended as shared extends and releases it like any other',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      const start = now()
      await shares(a, { ...mine, ttlMs: ms(200) })
      await before(start + ms(200), () => shares(b, mine))
      await outlive(ms(200))
      await heldBy(a, name, [mine.owner], 'the shared lease was extended')
      same(await b.release({ name, owner: mine.owner }), 'released', 'release of the shared lease')
      await unheld(a, name, 'the shared lease was released')
      same(await a.extend([{ ...mine, ...reading }]), LOST, 'extend of the shared lease after its release')
      await granted(b, wish(), 'the shared lease was released')
    },
  },
  {
    id: 'shared/downgrade-batch',
    title: 'an exclusive owner whose lease is extended as shared among others changes that one alone',
    requires: ['shared'],
    run: async ({ a, b, named, wish }) => {
      const [kept, read, gone, changed, foreign] = ['/kept', '/read', '/gone', '/changed', '/foreign'].map((suffix) =>
        wish({ name: named(suffix) }),
      ) as [Claim, Claim, Claim, Claim, Claim]
      for (const claim of [kept, changed, { ...read, ...reading }]) await granted(a, claim, 'nobody holds the name')
      await granted(b, wish({ name: foreign.name }), 'nobody holds the name')
      const shared = [read, gone, changed, foreign].map((claim) => ({ ...claim, ...reading }))
      const outcomes = await a.extend([kept, ...shared])
      same(
        outcomes.map(({ status }) => status),
        ['extended', 'extended', 'lost', 'extended', 'lost'],
        'a batch of a kept lease, a shared one, none, one that becomes shared and one of somebody else',
      )
      const modes = await Promise.all([kept, ...shared].map(async (claim) => (await b.inspect(claim.name))?.mode))
      const expected = ['exclusive', 'shared', undefined, 'shared', 'exclusive']
      same(modes.map(String), expected.map(String), 'the modes after the batch')
    },
  },
  {
    id: 'shared-line/downgrade',
    title: 'readers at the head are admitted when the lease of the exclusive owner is extended as shared',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const reader = wish({ ...reading, ...waiting })
      await granted(a, mine, 'nobody holds the name')
      await refused(b, reader, 'somebody holds the name exclusively')
      await shares(a, mine)
      await granted(b, reader, 'the owner holds shared now')
      await heldBy(a, name, [mine.owner, reader.owner], 'both hold shared')
    },
  },
  {
    id: 'shared-line/downgrade-together',
    title: 'an extension as shared admits all readers at the head in the same step, none behind a writer',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const readers = [wish({ ...reading, ...waiting }), wish({ ...reading, ...waiting })]
      const [writer, late] = [wish(waiting), wish({ ...reading, ...waiting })]
      await granted(a, mine, 'nobody holds the name')
      for (const claim of [...readers, writer, late]) await refused(b, claim, 'somebody holds the name exclusively')
      await shares(a, mine)
      const together = [mine, ...readers].map(({ owner }) => owner)
      await heldBy(b, name, together, 'the owner and the two readers at the head')
      await refused(b, late, 'a writer came before')
      for (const owner of together) await a.release({ name, owner })
      await granted(b, writer, 'all who shared have released')
    },
  },
  {
    id: 'watch/downgrade',
    title: 'readers at the head are told when the lease of the exclusive owner is extended as shared',
    requires: ['watch', 'shared', 'line'],
    run: async ({ a, b, wish, eventually }) => {
      const { turns, unwatch } = await watched(b)
      const mine = wish()
      const readers = [wish({ ...reading, ...waiting }), wish({ ...reading, ...waiting })]
      await granted(a, mine, 'nobody holds the name')
      for (const reader of readers) await refused(b, reader, 'somebody holds the name exclusively')
      await shares(a, mine)
      await eventually(() => readers.every((reader) => told(turns, reader)), 'each of two readers is told')
      await unwatch()
    },
  },
]

/** Extends what the owner of the claim holds, as shared. */
async function shares(backend: LockBackend, claim: Claim): Promise<void> {
  const [outcome] = await backend.extend([{ ...claim, ...reading }])
  same(outcome?.status, 'extended', 'extend as shared')
}
