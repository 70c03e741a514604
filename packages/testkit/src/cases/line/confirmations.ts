import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { shares } from '../shared/mode-changes.js'

/** A ttl with another end than that of the grant: a store may know by the end whether the grant was prolonged. */
const LONGER_MS = 2 * LONG_MS
const RELEASE = 'release with keepMs of a grant that was not confirmed'

/** A grant of the store, once confirmed in any way, is not cut by a claim that arrives late. */
export const confirmations: readonly ConformanceCase[] = [
  {
    id: 'line/confirmed-for-longer',
    title: 'a grant of the store that is confirmed for longer than its place is not cut by a claim that arrives late',
    requires: ['line'],
    run: async (world) => {
      const head = await grantedInLine(world)
      await expectGranted(world.b, { ...head, ttlMs: LONGER_MS }, 'its turn has come')
      await askShortly(world, head)
      await expectHeldBy(world.a, world.name, [head.owner], 'within the ttl of the confirmation')
    },
  },
  {
    id: 'line/confirmed-from-the-call',
    title: 'a confirmed grant lasts for its ttl from the confirmation, not from the grant',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const first = claim()
      const head = claim({ lineMs: LONG_MS, ttlMs: ms(1000) })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      const granted = now()
      await a.release({ name, owner: first.owner })
      // A store may end the grant after its ttl.
      const confirmed = await before(granted + head.ttlMs, async () => {
        await pass(ms(550))
        const start = now()
        await expectGranted(b, head, 'its turn has come')
        return start
      })
      await before(confirmed + head.ttlMs, async () => {
        await pass(ms(550))
        await expectHeldBy(a, name, [head.owner], `${ms(550)} of ${head.ttlMs} ms after the confirmation`)
      })
    },
  },
  {
    id: 'line/unconfirmed-kept',
    title: 'a grant of the store that was released and is kept is not cut by a claim that arrives late',
    requires: ['line'],
    run: async (world) => {
      const { a, b, name, claim } = world
      const head = await grantedInLine(world)
      expectSame(await b.release({ name, owner: head.owner, keepMs: LONGER_MS }), 'released', RELEASE)
      await askShortly(world, head)
      await expectRefused(a, claim(), 'the name is kept')
    },
  },
  {
    id: 'line/unconfirmed-kept-longer',
    title: 'a grant of the store that was released is kept for longer than its place would have lasted',
    requires: ['line'],
    run: async (world) => {
      const { a, b, name, claim, ms, now, outlive, before } = world
      const placeMs = ms(500)
      const start = now()
      const outcome = await before(start + placeMs, async () => {
        const { owner } = await grantedInLine(world, placeMs)
        return b.release({ name, owner, keepMs: LONGER_MS })
      })
      expectSame(outcome, 'released', RELEASE)
      await outlive(placeMs)
      await expectRefused(a, claim(), 'the name is kept')
    },
  },
  {
    id: 'line/unconfirmed-reserves',
    title: 'a grant of the store that was extended to reserve fences is not cut by a claim that arrives late',
    requires: ['line', 'fencing'],
    run: async (world) => {
      const head = await grantedInLine(world)
      const [outcome] = await world.b.extend([{ ...head, ttlMs: LONGER_MS, fences: 3 }])
      expectSame(outcome?.status, 'extended', 'an extend that reserves fences')
      await askShortly(world, head)
      await expectHeldBy(world.a, world.name, [head.owner], 'within the extension')
    },
  },
  {
    id: 'shared-line/unconfirmed-downgrade',
    title: 'a grant of the store that was extended as shared is not cut by a claim that arrives late',
    requires: ['line', 'shared'],
    run: async (world) => {
      const head = await grantedInLine(world)
      await shares(world.b, { ...head, ttlMs: LONGER_MS })
      await askShortly(world, { ...head, mode: 'shared', limit: Infinity })
      await expectHeldBy(world.a, world.name, [head.owner], 'within the extension')
      const other = world.claim({ mode: 'shared', limit: Infinity })
      await expectGranted(world.a, other, 'the owner holds shared now')
      await expectHeldBy(world.b, world.name, [head.owner, other.owner], 'both hold shared')
    },
  },
]

type Head = ReturnType<World['claim']>

/** A claim that the store granted when its turn came, and whose owner has not asked since. */
async function grantedInLine({ a, b, name, claim }: World, lineMs = LONG_MS): Promise<Head> {
  const first = claim()
  const head = claim({ lineMs })
  await expectGranted(a, first, 'nobody holds the name')
  await expectRefused(b, head, 'the name is held')
  await a.release({ name, owner: first.owner })
  return head
}

/** Claims again for a short time, and lets that time pass. */
async function askShortly({ b, ms, outlive }: World, head: Head): Promise<void> {
  await b.acquire({ ...head, ttlMs: ms(100) })
  await outlive(ms(100))
}
