import type { Claim, Turn } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { show } from '../../suite/show.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { EXACTLY, watched } from './watching.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }
/** More holders than a store is likely to notify in one piece. */
const READERS = 260

/** The calls that take a name by force. */
const FORCES: Readonly<Record<string, (world: World, name: string) => Promise<unknown>>> = {
  'an exclusive claim that steals': ({ b, claim }, name) =>
    expectGranted(b, claim({ name, steal: true }), 'a claim that steals'),
  'a shared claim that steals': ({ b, claim }, name) =>
    expectGranted(b, claim({ ...reading, name, steal: true }), 'a claim that steals'),
  evict: ({ b }, name) => b.evict(name),
}

/** The calls by force that the backend understands. */
function forcesOf({ b }: World): typeof FORCES {
  const { 'a shared claim that steals': _, ...others } = FORCES
  return b.capabilities.shared ? FORCES : others
}

/**
 * A holder is notified when its name is taken by force. Spurious hints are allowed; these cases wait for the true
 * hints.
 */
export const losses: readonly ConformanceCase[] = [
  {
    id: 'losses/stolen',
    title: 'a holder is notified when its name is stolen',
    requires: ['watch'],
    run: async ({ a, b, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      const victim = claim()
      await expectGranted(a, victim, 'nobody holds the name')
      await expectGranted(b, claim({ steal: true }), 'a claim that steals')
      await eventually(() => warned(turns, victim), 'the former holder is notified of the steal')
      await unwatch()
    },
  },
  {
    id: 'losses/evicted',
    title: 'a holder is notified when its name is evicted, whether somebody waits for it or not',
    requires: ['watch'],
    run: async ({ a, b, named, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      for (const line of a.capabilities.line ? [false, true] : [false]) {
        const victim = claim({ name: named(line ? '/line' : '/alone') })
        const { name } = victim
        await expectGranted(a, victim, 'nobody holds the name')
        if (line) await expectRefused(b, claim({ name, lineMs: LONG_MS }), 'the name is held')
        await b.evict(name)
        const when = line ? ', which moves the line on' : ''
        await eventually(() => warned(turns, victim), `the former holder is notified of the eviction${when}`)
      }
      await unwatch()
    },
  },
  {
    id: 'losses/unconfirmed',
    title: 'an owner that the line was granted to, and that has not asked again, is notified when its name is taken',
    requires: ['watch', 'line'],
    run: async (world) => {
      const { a, b, named, claim, eventually } = world
      const { turns, unwatch } = await watched(a)
      for (const [force, take] of Object.entries(forcesOf(world))) {
        const first = claim({ name: named(`/${force}`) })
        const { name } = first
        const head = claim({ name, lineMs: LONG_MS })
        await expectGranted(b, first, 'nobody holds the name')
        await expectRefused(a, head, 'the name is held')
        await b.release({ name, owner: first.owner })
        await take(world, name)
        await eventually(() => warned(turns, head), `the owner whose turn had come is notified of ${force}`)
      }
      await unwatch()
    },
  },
  {
    id: 'losses/readers',
    title: `each of ${READERS} holders of a shared name is notified when it is stolen, also to be shared, or evicted`,
    requires: ['watch', 'shared'],
    run: async (world) => {
      const { a, named, claim, eventually } = world
      const { turns, unwatch } = await watched(a)
      for (const [force, take] of Object.entries(FORCES)) {
        const name = named(`/${force}`)
        const readers = Array.from({ length: READERS }, () => claim({ ...reading, name }))
        await inPortions(readers, (reader) => expectGranted(a, reader, 'only readers'))
        await take(world, name)
        const areNotified = (): boolean => readers.every((reader) => warned(turns, reader))
        await eventually(areNotified, `each of ${READERS} readers is notified of ${force}`)
      }
      await unwatch()
    },
  },
  {
    id: 'losses/names',
    title: 'a notification that a name was taken has the exact name, and reaches an owner of any length',
    requires: ['watch'],
    run: async (world) => {
      const { a, named, owner, claim, eventually } = world
      const { turns, unwatch } = await watched(a)
      for (const [force, take] of Object.entries(forcesOf(world)))
        for (const suffix of EXACTLY) {
          const victim = claim({ name: named(`${force} ${suffix}`), owner: owner(suffix.slice(0, 240)) })
          await expectGranted(a, victim, 'nobody holds the name')
          await take(world, victim.name)
          await eventually(
            () => warned(turns, victim),
            `the notification of ${force} has the exact name ${show(suffix)}`,
          )
        }
      await unwatch()
    },
  },
]

/** A hint need not name the former owner: `null` means any owner that holds the name. */
export function warned(turns: readonly Turn[], { name, owner }: Claim): boolean {
  const isTaken = (turn: Turn): boolean => turn.type === 'taken' && turn.name === name
  return turns.some((turn) => isTaken(turn) && (turn.owner === owner || turn.owner === null))
}
