import type { Claim, LockBackend, Turn, Unwatch } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { show } from '../../suite/show.js'
import { LONG_MS, type World } from '../../suite/world.js'

const lineMs = LONG_MS
/** More waiters than a store is likely to admit, or to notify, in one piece. */
const READERS = 260

/** Names and owners that a message might change, or cut. */
export const EXACTLY: readonly string[] = [
  'é e\u0301',
  '\r\n',
  ',#?/%20',
  '🔒',
  '{x}:~',
  '\0',
  ' 77',
  'long'.repeat(160),
]

/** A hint that a turn has come. Spurious hints are allowed; these cases wait for the true hints. */
export const watching: readonly ConformanceCase[] = [
  {
    id: 'watch/release',
    title: 'a waiter is notified when a release makes it its turn',
    requires: ['watch', 'line'],
    run: (world) =>
      notifiedAfter(world, async ({ a, name }, owner) => {
        await a.release({ name, owner })
      }),
  },
  {
    id: 'watch/evict',
    title: 'a waiter is notified when an eviction makes it its turn',
    requires: ['watch', 'line'],
    run: (world) =>
      notifiedAfter(world, async ({ a, name }) => {
        await a.evict(name)
      }),
  },
  {
    id: 'watch/expiry',
    title: 'a waiter is notified when a call finds the lease expired',
    requires: ['watch', 'line'],
    run: async (world) => {
      const { a, b, claim, ms, now, outlive, before, eventually } = world
      const { turns, unwatch } = await watched(b)
      const first = claim({ ttlMs: ms(100) })
      const head = claim({ lineMs })
      const end = now() + first.ttlMs
      await expectGranted(a, first, 'nobody holds the name')
      await before(end, () => expectRefused(b, head, 'the name is held'))
      await outlive(first.ttlMs)
      await a.acquire(claim())
      await eventually(
        () => notified(turns, head),
        'the head of the line is notified when a claim finds the lease expired',
      )
      await unwatch()
    },
  },
  {
    id: 'watch/kept',
    title: 'a waiter is notified when a call finds that the name is kept no longer',
    requires: ['watch', 'line'],
    run: async (world) => {
      const { a, b, claim, name, ms, outlive, eventually } = world
      const { turns, unwatch } = await watched(b)
      const first = claim()
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner, keepMs: ms(100) })
      await outlive(ms(100))
      await a.acquire(claim())
      await eventually(() => notified(turns, head), 'the head of the line is notified when the name is kept no longer')
      await unwatch()
    },
  },
  {
    id: 'watch/next-in-line',
    title: 'the next waiter is notified when the head of the line gives up its turn',
    requires: ['watch', 'line'],
    run: async ({ a, b, name, claim, eventually }) => {
      const { turns, unwatch } = await watched(b)
      const first = claim()
      const [head, second] = [claim({ lineMs }), claim({ lineMs })]
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      await a.release({ name, owner: first.owner })
      await a.release({ name, owner: head.owner })
      await eventually(() => notified(turns, second), 'the next waiter is notified when the head gives up its turn')
      await unwatch()
    },
  },
  {
    id: 'watch/readers',
    title: `each of ${READERS} shared claims that are admitted together is notified`,
    requires: ['watch', 'line', 'shared'],
    run: async ({ a, b, name, claim, eventually }) => {
      const { turns, unwatch } = await watched(b)
      const first = claim()
      const reading = { mode: 'shared', limit: Infinity, lineMs } as const
      const readers = Array.from({ length: READERS }, () => claim(reading))
      await expectGranted(a, first, 'nobody holds the name')
      await inPortions(readers, (reader) => expectRefused(b, reader, 'somebody holds the name exclusively'))
      await a.release({ name, owner: first.owner })
      const areNotified = (): boolean => readers.every((reader) => notified(turns, reader))
      await eventually(areNotified, `each of ${READERS} readers is notified`)
      await unwatch()
    },
  },
  {
    id: 'watch/names',
    title: 'a turn names name and owner exactly',
    requires: ['watch', 'line'],
    run: async ({ a, b, named, owner, claim, eventually }) => {
      const { turns, unwatch } = await watched(b)
      for (const suffix of EXACTLY) {
        const name = named(suffix)
        const first = claim({ name })
        const head = claim({ name, lineMs, owner: owner(`a, "label" ${suffix.slice(0, 240)}`) })
        await expectGranted(a, first, 'nobody holds the name')
        await expectRefused(b, head, 'the name is held')
        await a.release({ name, owner: first.owner })
        await eventually(() => notified(turns, head), `the turn for ${show(suffix)} is notified with name and owner`)
      }
      await unwatch()
    },
  },
  {
    id: 'watch/batch',
    title: 'the waiters of each name are notified when a batch makes leases on several names shared',
    requires: ['watch', 'line', 'shared'],
    run: async ({ a, b, named, claim, eventually }) => {
      const { turns, unwatch } = await watched(b)
      const held = [1, 2, 3].map((index) => claim({ name: named(`/${index}`) }))
      const readers = held.map(({ name }) => claim({ name, mode: 'shared', limit: Infinity, lineMs }))
      for (const each of held) await expectGranted(a, each, 'nobody holds the name')
      for (const reader of readers) await expectRefused(b, reader, 'somebody holds the name exclusively')
      await a.extend(held.map((each) => ({ ...each, mode: 'shared', limit: Infinity })))
      await eventually(
        () => readers.every((reader) => notified(turns, reader)),
        'a reader of each name is notified when a batch makes the leases shared',
      )
      await unwatch()
    },
  },
  {
    id: 'watch/unwatch',
    title: 'after unwatch no notification arrives, and unwatching twice does no harm',
    requires: ['watch', 'line'],
    // Another watcher would keep the connection for notifications open.
    alone: true,
    run: async (world) => {
      const { b, pass } = world
      const gone = await watched(b)
      await gone.unwatch()
      await gone.unwatch()
      const { length } = gone.turns
      await notifiedAfter(world, async ({ a, name }, owner) => {
        await a.release({ name, owner })
      })
      await pass(20)
      expectSame(gone.turns.length, length, 'how many turns arrived at a watcher after it was ended')
    },
  },
]

/** Watches through `b`, lets a claim wait through `b`, frees the name with `free` and waits for the hint. */
async function notifiedAfter(world: World, free: (world: World, holder: string) => Promise<void>): Promise<void> {
  const { a, b, claim, eventually } = world
  const { turns, unwatch } = await watched(b)
  const first = claim()
  const head = claim({ lineMs })
  await expectGranted(a, first, 'nobody holds the name')
  await expectRefused(b, head, 'the name is held')
  await free(world, first.owner)
  await eventually(() => notified(turns, head), 'the head of the line is notified of its turn')
  await expectGranted(b, head, 'its turn has come')
  await unwatch()
}

export interface Watched {
  readonly turns: readonly Turn[]
  readonly unwatch: Unwatch
}

export async function watched(backend: LockBackend): Promise<Watched> {
  const turns: Turn[] = []
  return { turns, unwatch: await watch(backend, (turn) => void turns.push(turn)) }
}

export async function watch(
  backend: LockBackend,
  onTurn: (turn: Turn) => void,
  onStanding?: (standing: boolean) => void,
): Promise<Unwatch> {
  if (backend.watch === undefined) throw new TypeError('the backend has no watch, although its capabilities say so')
  return backend.watch(onTurn, onStanding)
}

export function notified(turns: readonly Turn[], { name, owner }: Pick<Claim, 'name' | 'owner'>): boolean {
  return turns.some((turn) => turn.type === 'turn' && turn.name === name && turn.owner === owner)
}
