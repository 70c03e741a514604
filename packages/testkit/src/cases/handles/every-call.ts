import type { Claim, LockBackend } from '@holdfast/core'
import { expectFree, expectGranted, expectHeldBy, expectRefused, expectSame, expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { listed } from '../list/listing.js'
import { warned } from '../watch/losses.js'
import { notified, watched, type Watched } from '../watch/watching.js'

/** A call on a name of its own, which is prepared and checked through the first handle. */
export interface SingleCall {
  readonly verb: 'acquire' | 'extend' | 'release' | 'inspect' | 'evict' | 'list' | 'watch'
  /** Prepares the call. The result makes the call, whose result checks the answer. */
  prepare(world: World, claim: Claim): Promise<(handle: LockBackend, when: string) => Promise<Check>>
}

type Check = () => Promise<unknown>

const held = async ({ a }: World, mine: Claim): Promise<void> => {
  await expectGranted(a, mine, 'nobody holds the name')
}

const always: readonly SingleCall[] = [
  {
    verb: 'acquire',
    prepare: async ({ a, owner }, mine) => {
      const before = { ...mine, owner: owner() }
      const { fence } = await expectGranted(a, before, 'nobody holds the name')
      await a.release({ name: mine.name, owner: before.owner })
      return async (handle, when) => {
        const grant = await expectGranted(handle, mine, `a claim of a free name, ${when}`)
        if (fence !== null) expectThat((grant.fence ?? 0) > fence, `a fence after ${fence}, ${when}`, grant)
        return () => expectHeldBy(a, mine.name, [mine.owner], when)
      }
    },
  },
  {
    verb: 'extend',
    prepare: async (world, mine) => {
      await held(world, mine)
      const stranger = { ...mine, owner: world.owner() }
      return async (handle, when) => {
        const outcomes = await handle.extend([mine, stranger])
        const statuses = outcomes.map(({ status }) => status)
        expectSame(statuses, ['extended', 'lost'], `extend of a lease and of none, ${when}`)
        return () => expectHeldBy(world.a, mine.name, [mine.owner], when)
      }
    },
  },
  {
    verb: 'release',
    prepare: async (world, mine) => {
      await held(world, mine)
      return async (handle, when) => {
        expectSame(await handle.release({ name: mine.name, owner: mine.owner }), 'released', `a release, ${when}`)
        return () => expectFree(world.a, mine.name, when)
      }
    },
  },
  {
    verb: 'inspect',
    prepare: async (world, mine) => {
      await held(world, mine)
      return async (handle, when) => {
        await expectHeldBy(handle, mine.name, [mine.owner], when)
        return () => expectRefused(world.a, { ...mine, owner: world.owner() }, `the name is held, ${when}`)
      }
    },
  },
  {
    verb: 'evict',
    prepare: async (world, mine) => {
      await held(world, mine)
      return async (handle, when) => {
        expectSame(await handle.evict(mine.name), true, `evict of a held name, ${when}`)
        return () => expectFree(world.a, mine.name, when)
      }
    },
  },
]

const list: SingleCall = {
  verb: 'list',
  prepare: async (world, mine) => {
    await held(world, mine)
    return async (handle, when) => {
      const shown = (await listed(world, handle)).find(({ name }) => name === mine.name)
      const owners = shown?.holders.map(({ owner }) => owner)
      expectSame(owners, [mine.owner], `the owners that the list shows of a held name, ${when}`)
      return () => expectHeldBy(world.a, mine.name, [mine.owner], when)
    }
  },
}

const watch: SingleCall = {
  verb: 'watch',
  prepare: async (world, mine) => async (handle, when) => {
    const watching = await watched(handle)
    return async () => {
      await expectNotified(world, { handle, watching, name: mine.name, when })
      await watching.unwatch()
    }
  },
}

/** The calls that a handle with these capabilities has. */
export function callsOf({ capabilities }: LockBackend): readonly SingleCall[] {
  return [...always, ...(capabilities.list ? [list] : []), ...(capabilities.watch ? [watch] : [])]
}

/** Makes every call that the handle has twice, all in one turn, then checks their answers. */
export async function expectEveryCall(world: World, handle: LockBackend, when: string): Promise<void> {
  const makes: Awaited<ReturnType<SingleCall['prepare']>>[] = []
  for (const time of ['once', 'again']) {
    for (const { verb, prepare } of callsOf(handle))
      makes.push(await prepare(world, world.claim({ name: world.named(`/${when}/${verb} ${time}`) })))
  }
  const checks = await Promise.all(makes.map((make) => make(handle, when)))
  for (const check of checks) await check()
}

interface Notified {
  readonly handle: LockBackend
  readonly watching: Watched
  readonly name: string
  readonly when: string
}

/** Holds when the watcher of the handle is notified of its turn, and of a steal. */
export async function expectNotified(world: World, { handle, watching, name, when }: Notified): Promise<void> {
  const { a, claim, eventually } = world
  const mine = claim({ name, lineMs: LONG_MS })
  if (handle.capabilities.line) {
    const first = claim({ name })
    await expectGranted(a, first, 'nobody holds the name')
    await expectRefused(handle, mine, 'the name is held')
    await a.release({ name, owner: first.owner })
    await eventually(() => notified(watching.turns, mine), `a waiter is notified of its turn, ${when}`)
  }
  await expectGranted(handle, mine, 'nobody else holds the name')
  await expectGranted(a, claim({ name, steal: true }), 'a claim that steals')
  await eventually(() => warned(watching.turns, mine), `the former holder is notified of a steal, ${when}`)
}
