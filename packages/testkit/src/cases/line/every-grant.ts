import type { Claim, Turn } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused, expectThat, fenceOf } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { notified } from '../watch/watching.js'

const reading = { mode: 'shared', limit: Infinity } as const
const FENCES = 5

/** Makes a store grant `name` to the claim that begins to wait when `wait` is called. */
type Way = (world: World, name: string, wait: () => Promise<unknown>) => Promise<unknown>

/** Whether the waiter shares the name, and how it comes to it. */
interface Coming {
  readonly mode: Claim['mode']
  readonly way: Way
}

/** The name is held for a short time, and waited for until it is over. */
const ended =
  (then: (world: World, first: Claim) => Promise<unknown>): Way =>
  async (world, name, wait) => {
    const { a, claim, ms, now, outlive, before } = world
    const first = claim({ name, ttlMs: ms(300) })
    const end = now() + first.ttlMs
    await expectGranted(a, first, 'nobody holds the name')
    await before(end, wait)
    await outlive(first.ttlMs)
    await then(world, first)
  }

/** The name is held, and waited for. */
const held =
  (then: (world: World, first: Claim) => Promise<unknown>): Way =>
  async (world, name, wait) => {
    const first = world.claim({ name })
    await expectGranted(world.a, first, 'nobody holds the name')
    await wait()
    await then(world, first)
  }

const release = ({ a }: World, { name, owner }: Claim): Promise<unknown> => a.release({ name, owner })

const comings: Readonly<Record<string, Coming>> = {
  'a release': { mode: 'exclusive', way: held(release) },
  'an eviction': { mode: 'exclusive', way: held(({ a }, { name }) => a.evict(name)) },
  'a claim that finds the lease ended': {
    mode: 'exclusive',
    way: ended(({ a, claim }, { name }) => a.acquire(claim({ name }))),
  },
  'an extension that finds the lease ended': { mode: 'exclusive', way: ended(({ a }, first) => a.extend([first])) },
  'a release that finds the lease ended': { mode: 'exclusive', way: ended(release) },
  'the end of the time for which it was kept': {
    mode: 'exclusive',
    way: held(async ({ a, ms, outlive }, { name, owner }) => {
      await a.release({ name, owner, keepMs: ms(100) })
      await outlive(ms(100))
    }),
  },
  'the release of a name that was stolen': {
    mode: 'exclusive',
    way: held(async (world, { name }) => {
      const stealer = world.claim({ name, steal: true })
      await expectGranted(world.a, stealer, 'a claim that steals')
      await release(world, stealer)
    }),
  },
  'the release of a grant that was not confirmed': {
    mode: 'exclusive',
    way: async (world, name, wait) => {
      const [first, head] = [world.claim({ name }), world.claim({ name, lineMs: LONG_MS })]
      await expectGranted(world.a, first, 'nobody holds the name')
      await expectRefused(world.a, head, 'the name is held')
      await wait()
      await release(world, first)
      await release(world, head)
    },
  },
  'the release of a lease that was made shared': {
    mode: 'exclusive',
    way: held(async (world, first) => {
      if (world.a.capabilities.shared) await world.a.extend([{ ...first, ...reading }])
      await release(world, first)
    }),
  },
  'a lease that is made shared': { mode: 'shared', way: held(({ a }, first) => a.extend([{ ...first, ...reading }])) },
  'a reader that steals': {
    mode: 'shared',
    way: held(({ a, claim }, { name }) => a.acquire(claim({ ...reading, name, steal: true }))),
  },
  'a waiter that leaves': {
    mode: 'shared',
    way: async (world, name, wait) => {
      const writer = world.claim({ name, lineMs: LONG_MS })
      await expectGranted(world.a, world.claim({ ...reading, name }), 'nobody holds the name')
      await expectRefused(world.a, writer, 'a reader holds the name')
      await wait()
      await release(world, writer)
    },
  },
}

/** However the store comes to grant a name to a waiter, the grant is the same. */
export const everyGrant: readonly ConformanceCase[] = [
  {
    id: 'line/every-grant',
    title:
      'however a name comes to the head of the line, the grant lasts as its place, is notified, and then as its ttl',
    requires: ['line'],
    run: async (world) => {
      const { a, b, named } = world
      const turns: Turn[] = []
      const unwatch = await b.watch?.((turn) => void turns.push(turn))
      const ways = Object.entries(comings).filter(([, { mode }]) => mode === 'exclusive' || a.capabilities.shared)
      await Promise.all(ways.map(([how, coming]) => comes(world, named(`/${how}`), coming, how, turns)))
      await unwatch?.()
    },
  },
]

async function comes(world: World, name: string, { mode, way }: Coming, how: string, turns: readonly Turn[]) {
  const { a, b, claim, eventually } = world
  const { fencing } = a.capabilities
  const likewise = mode === 'shared' ? reading : {}
  const terms = { ...likewise, name, ttlMs: 3 * LONG_MS }
  const waiter = claim({ ...terms, lineMs: LONG_MS, ...(fencing && { fences: FENCES }) })
  await way(world, name, () => expectRefused(b, waiter, 'the name is held'))
  const left = async (): Promise<number> => {
    const seen = await b.inspect(name)
    return seen?.holders.find(({ owner }) => owner === waiter.owner)?.remainingMs ?? 0
  }
  // Some of these the store may leave to the next claim.
  if ((await left()) === 0) await a.acquire(claim({ ...likewise, name }))
  const grantMs = await left()
  expectThat(grantMs > LONG_MS / 2, `a grant until the place of ${LONG_MS} ms ends, by ${how}`, `${grantMs} ms`)
  if (b.capabilities.watch)
    await eventually(() => notified(turns, waiter), `the waiter is notified of its turn, by ${how}`)
  const { lineMs: _, ...again } = waiter
  const confirmed = await expectGranted(b, again, `its turn has come, by ${how}`)
  const ttlMs = await left()
  expectThat(ttlMs > 2 * LONG_MS, `a lease of ${waiter.ttlMs} ms when the grant is confirmed, by ${how}`, `${ttlMs} ms`)
  if (!fencing) return
  await b.release({ name, owner: waiter.owner })
  const next = await expectGranted(b, claim({ ...terms, steal: true }), 'a claim that steals')
  const reserved = fenceOf(confirmed) + FENCES - 1
  expectThat(fenceOf(next) > reserved, `a fence above the reserved ${reserved}, by ${how}`, fenceOf(next))
}
