import type { Claim, Turn } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted } from '../../suite/expect.js'
import { watched } from './watching.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }

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
    title: 'a holder is notified when its name is evicted',
    requires: ['watch'],
    run: async ({ a, b, name, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      const victim = claim()
      await expectGranted(a, victim, 'nobody holds the name')
      await b.evict(name)
      await eventually(() => warned(turns, victim), 'the former holder is notified of the eviction')
      await unwatch()
    },
  },
  {
    id: 'losses/readers',
    title: 'all holders of a shared name are notified when it is stolen',
    requires: ['watch', 'shared'],
    run: async ({ a, b, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      const readers = [claim(reading), claim(reading), claim(reading)]
      for (const reader of readers) await expectGranted(a, reader, 'only readers')
      await expectGranted(b, claim({ steal: true }), 'a claim that steals')
      await eventually(() => readers.every((reader) => warned(turns, reader)), 'each of three readers is notified')
      await unwatch()
    },
  },
  {
    id: 'losses/names',
    title: 'a notification of a steal has the exact name',
    requires: ['watch'],
    run: async ({ a, b, named, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      for (const suffix of ['\u00e9 e\u0301', '\r\n', ',#?/%20', '🔒', '{x}:~', '\0', ' 77']) {
        const victim = claim({ name: named(suffix) })
        await expectGranted(a, victim, 'nobody holds the name')
        await expectGranted(b, claim({ name: victim.name, steal: true }), 'a claim that steals')
        await eventually(() => warned(turns, victim), `the notification has the exact name: ${JSON.stringify(suffix)}`)
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
