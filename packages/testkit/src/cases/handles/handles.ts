import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame, expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { watched } from '../watch/watching.js'
import { callsOf, expectEveryCall, expectNotified } from './every-call.js'

const KINDS = [0, 1] as const

/**
 * A process opens a handle when others use the store already, and closes it while they go on. Where a case expects
 * notifications of the first handles, it runs alone: calls of others may make a backend connect anew, and messages of
 * that moment are lost.
 */
export const handles: readonly ConformanceCase[] = [
  {
    id: 'handles/first-calls',
    title: 'each call is answered rightly if it is the first call of a handle',
    requires: ['another'],
    run: async (world) => {
      for (const like of KINDS) {
        for (const { verb, prepare } of callsOf(like === 0 ? world.a : world.b)) {
          const make = await prepare(world, world.claim({ name: world.named(`/${like}/${verb}`) }))
          const { backend, close } = await world.another(like)
          const check = await make(backend, 'by the first call of a handle')
          await check()
          await close()
        }
      }
    },
  },
  {
    id: 'handles/first-calls-together',
    title: 'the first calls of a handle are answered rightly when they are made together',
    requires: ['another'],
    run: async (world) => {
      for (const like of KINDS) {
        const { backend, close } = await world.another(like)
        await expectEveryCall(world, backend, `first calls together, like ${like}`)
        await close()
      }
    },
  },
  {
    id: 'handles/several',
    title: 'four handles exclude each other, and the watcher of each is notified',
    requires: ['another'],
    alone: true,
    run: async (world) => {
      const { a, b, name, named, claim } = world
      const further = await Promise.all(KINDS.map((like) => world.another(like)))
      const all = [a, b, ...further.map(({ backend }) => backend)]
      const claims = all.flatMap((handle) => [0, 1, 2].map((): [LockBackend, Claim] => [handle, claim()]))
      const outcomes = await Promise.all(claims.map(([handle, mine]) => handle.acquire(mine)))
      const winners = claims.filter((_, index) => outcomes[index]?.acquired).map(([, { owner }]) => owner)
      expectSame(winners.length, 1, 'how many of twelve claims at once through four handles were granted')
      for (const handle of all) await expectHeldBy(handle, name, winners, 'after twelve claims through four handles')
      const watching = all.filter(({ capabilities }) => capabilities.watch)
      const watches = await Promise.all(watching.map((handle) => watched(handle)))
      for (const [index, handle] of watching.entries()) {
        const [own] = watches.slice(index)
        if (own === undefined) continue
        const when = `of four handles that watch, number ${index + 1}`
        await expectNotified(world, { handle, watching: own, name: named(`/${index}`), when })
      }
      for (const { unwatch } of watches) await unwatch()
      for (const { close } of further) await close()
    },
  },
  {
    id: 'handles/close',
    title: 'a handle that closes ends no lease, no place, and no other handle',
    requires: ['another'],
    alone: true,
    run: async (world) => {
      for (const like of KINDS) await closing(world, like)
    },
  },
]

async function closing(world: World, like: 0 | 1): Promise<void> {
  const { a, b, claim, named } = world
  const { backend, close } = await world.another(like)
  const watching = like === 0 ? a : b
  const own = watching.capabilities.watch ? await watched(watching) : null
  const its = backend.capabilities.watch ? await watched(backend) : null
  const mine = claim({ name: named(`/${like}`) })
  await expectGranted(backend, mine, 'nobody holds the name')
  const checks = [
    backend.capabilities.line && (await leavingPlaces(world, backend, named(`/${like}/busy`))),
    backend.capabilities.shared && (await leavingReaders(world, backend, named(`/${like}/read`))),
  ]
  await its?.unwatch()
  await close()
  await expectEveryCall(world, a, `first handle, after ${like} closed`)
  await expectEveryCall(world, b, `second handle, after ${like} closed`)
  if (own !== null)
    await expectNotified(world, {
      handle: watching,
      watching: own,
      name: named(`/${like}/notified`),
      when: 'after a close',
    })
  await expectHeldBy(a, mine.name, [mine.owner], 'after its handle closed')
  const [extended] = await b.extend([mine])
  expectThat(extended?.status === 'extended', 'a lease is extended after its handle closed', extended)
  for (const check of checks) if (check !== false) await check()
  await own?.unwatch()
}

/** Waits in line through the handle. Answers a check that the places outlive it. */
async function leavingPlaces({ a, b, claim }: World, backend: LockBackend, name: string): Promise<() => Promise<void>> {
  const busy = claim({ name })
  const waits = claim({ name, lineMs: LONG_MS })
  const reads = claim({ name, lineMs: LONG_MS, mode: 'shared', limit: Infinity })
  const line = backend.capabilities.shared ? [waits, reads] : [waits]
  await expectGranted(a, busy, 'nobody holds the name')
  for (const each of line) await expectRefused(backend, each, 'the name is held')
  return async () => {
    expectSame((await b.inspect(name))?.waiting, line.length, 'how many wait, when the handle of the waiters closed')
    let { owner } = busy
    for (const next of line) {
      await a.release({ name, owner })
      await expectHeldBy(b, name, [next.owner], `the turn of a waiter (${next.mode}) whose handle closed`)
      owner = next.owner
    }
  }
}

/** Shares a name through the handle. Answers a check that the shared leases outlive it. */
async function leavingReaders(
  { a, b, claim }: World,
  backend: LockBackend,
  name: string,
): Promise<() => Promise<void>> {
  const readers = [0, 1].map(() => claim({ name, mode: 'shared', limit: Infinity }))
  const owners = readers.map(({ owner }) => owner)
  for (const reader of readers) await expectGranted(backend, reader, 'nobody but readers')
  return async () => {
    await expectHeldBy(a, name, owners, 'readers whose handle closed')
    const statuses = (await b.extend(readers)).map(({ status }) => status)
    expectSame(statuses, ['extended', 'extended'], 'shared leases are extended after their handle closed')
  }
}
