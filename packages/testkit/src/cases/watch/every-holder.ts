import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { warned } from './losses.js'
import { watched } from './watching.js'

const reading = { mode: 'shared', limit: Infinity } as const
/** How many scenes are played at once. */
const TOGETHER = 12

type Act = (world: World, holder: Claim) => Promise<unknown>

/** How an owner comes to hold a name as it does. */
const holders: Readonly<Record<string, Act>> = {
  'an owner that took it': ({ a }, holder) => expectGranted(a, holder, 'nobody holds the name'),
  'an owner that extended it': async ({ a }, holder) => {
    await expectGranted(a, holder, 'nobody holds the name')
    await a.extend([holder])
  },
  'an owner that stole it': async ({ a, claim }, holder) => {
    await expectGranted(a, claim({ name: holder.name }), 'nobody holds the name')
    await expectGranted(a, { ...holder, steal: true }, 'a claim that steals')
  },
  'an owner that waited for it': async ({ a, claim }, holder) => {
    if (!a.capabilities.line) return expectGranted(a, holder, 'nobody holds the name')
    const first = claim({ name: holder.name })
    await expectGranted(a, first, 'nobody holds the name')
    await expectRefused(a, { ...holder, lineMs: LONG_MS }, 'the name is held')
    await a.release({ name: first.name, owner: first.owner })
    return expectGranted(a, holder, 'its turn has come')
  },
  'an owner that made it shared': async ({ a }, holder) => {
    await expectGranted(a, holder, 'nobody holds the name')
    if (a.capabilities.shared) await a.extend([{ ...holder, ...reading }])
  },
  'an owner that shares it': ({ a }, holder) =>
    expectGranted(a, a.capabilities.shared ? { ...holder, ...reading } : holder, 'nobody holds the name'),
}

const steal =
  (terms: Partial<Claim>): Act =>
  ({ b, claim }, { name }) =>
    expectGranted(b, claim({ ...terms, name, steal: true }), 'a claim that steals')

/** The calls that take a name by force. */
const forces: Readonly<Record<string, Act>> = {
  'an eviction': ({ b }, { name }) => b.evict(name),
  'a claim that steals': steal({}),
  'a shared claim that steals': (world, holder) => steal(world.b.capabilities.shared ? reading : {})(world, holder),
  'a claim that steals and reserves fences': (world, holder) =>
    steal(world.b.capabilities.fencing ? { fences: 3 } : {})(world, holder),
  'a waiter that steals': async ({ b, claim }, { name }) => {
    const waiter = claim({ name })
    if (b.capabilities.line) await expectRefused(b, { ...waiter, lineMs: LONG_MS }, 'the name is held')
    await expectGranted(b, { ...waiter, steal: true }, 'a claim that steals')
  },
}

/** A holder is notified of its loss, however it came to hold the name, and whoever waits. */
export const everyHolder: readonly ConformanceCase[] = [
  {
    id: 'losses/every-holder',
    title: 'a holder is notified that its name was taken, however it came to it, by whichever call, and whoever waits',
    requires: ['watch'],
    run: async (world) => {
      const { a, b, named, claim, eventually } = world
      const { turns, unwatch } = await watched(a)
      const scenes = Object.entries(holders).flatMap(([who, come]) =>
        Object.entries(forces).flatMap(([how, take]) =>
          (a.capabilities.line ? [false, true] : [false]).map((waits) => ({ who, come, how, take, waits })),
        ),
      )
      const play = async ({ who, come, how, take, waits }: (typeof scenes)[number]): Promise<void> => {
        const holder = claim({ name: named(`/${who}/${how}/${waits}`) })
        await come(world, holder)
        if (waits) await expectRefused(b, claim({ name: holder.name, lineMs: LONG_MS }), 'the name is held')
        await take(world, holder)
        const when = waits ? ', while somebody waits' : ''
        await eventually(() => warned(turns, holder), `${who} is notified of ${how}${when}`)
      }
      await inPortions(scenes, play, TOGETHER)
      await unwatch()
    },
  },
]
