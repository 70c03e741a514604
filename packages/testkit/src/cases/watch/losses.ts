import type { Claim, Turn } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted } from '../../suite/expect.js'
import { watched } from './watching.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }

/** Who holds a name that is taken by force is told. Spurious hints are allowed; these cases wait for the true ones. */
export const losses: readonly ConformanceCase[] = [
  {
    id: 'losses/stolen',
    title: 'who holds a name is told when somebody steals it',
    requires: ['watch'],
    run: async ({ a, b, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      const victim = claim()
      await expectGranted(a, victim, 'nobody holds the name')
      await expectGranted(b, claim({ steal: true }), 'a claim that steals')
      await eventually(() => warned(turns, victim), 'the former holder is told of the theft')
      await unwatch()
    },
  },
  {
    id: 'losses/evicted',
    title: 'who holds a name is told when somebody evicts it',
    requires: ['watch'],
    run: async ({ a, b, name, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      const victim = claim()
      await expectGranted(a, victim, 'nobody holds the name')
      await b.evict(name)
      await eventually(() => warned(turns, victim), 'the former holder is told that it was evicted')
      await unwatch()
    },
  },
  {
    id: 'losses/readers',
    title: 'all who share a name are told when somebody steals it',
    requires: ['watch', 'shared'],
    run: async ({ a, b, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      const readers = [claim(reading), claim(reading), claim(reading)]
      for (const reader of readers) await expectGranted(a, reader, 'only readers')
      await expectGranted(b, claim({ steal: true }), 'a claim that steals')
      await eventually(() => readers.every((reader) => warned(turns, reader)), 'each of three readers is told')
      await unwatch()
    },
  },
  {
    id: 'losses/names',
    title: 'a hint of a theft names the name exactly',
    requires: ['watch'],
    run: async ({ a, b, named, claim, eventually }) => {
      const { turns, unwatch } = await watched(a)
      for (const suffix of ['\u00e9 e\u0301', '\r\n', ',#?/%20', '🔒', '{x}:~', '\0', ' 77']) {
        const victim = claim({ name: named(suffix) })
        await expectGranted(a, victim, 'nobody holds the name')
        await expectGranted(b, claim({ name: victim.name, steal: true }), 'a claim that steals')
        await eventually(() => warned(turns, victim), `the exact name is told: ${JSON.stringify(suffix)}`)
      }
      await unwatch()
    },
  },
]

/** A store need not tell whom it took the name from: then it means whoever holds it. */
function warned(turns: readonly Turn[], { name, owner }: Claim): boolean {
  const isTaken = (turn: Turn): boolean => turn.type === 'taken' && turn.name === name
  return turns.some((turn) => isTaken(turn) && (turn.owner === owner || turn.owner === null))
}
