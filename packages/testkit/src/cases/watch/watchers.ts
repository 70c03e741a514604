import type { Turn, Unwatch } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'
import { notified, watch } from './watching.js'

const lineMs = LONG_MS
/** More watchers than a store might have room for. */
const WATCHERS = 12

/** Several watchers of one handle. */
export const severalWatchers: readonly ConformanceCase[] = [
  {
    id: 'watch/many-watchers',
    title: `each of ${WATCHERS} watchers is notified, and a watch that nothing has interrupted stands`,
    requires: ['watch', 'line'],
    run: async ({ b, name, claim, a, eventually }) => {
      let fallen = 0
      const watchers: Turn[][] = Array.from({ length: WATCHERS }, () => [])
      const ends: Unwatch[] = []
      for (const turns of watchers)
        ends.push(
          await watch(
            b,
            (turn) => void turns.push(turn),
            (standing) => void (fallen += standing ? 0 : 1),
          ),
        )
      const first = claim()
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      const areNotified = (): boolean => watchers.every((turns) => notified(turns, head))
      await eventually(areNotified, `each of ${WATCHERS} watchers is notified`)
      expectSame(fallen, 0, 'how often a watch said that it no longer stands')
      for (const end of ends) await end()
    },
  },
  {
    id: 'watch/two-watchers',
    title: 'the end of one watcher does not end another one, of the same function either',
    requires: ['watch', 'line'],
    run: async ({ a, b, name, claim, eventually }) => {
      const turns: Turn[] = []
      const onTurn = (turn: Turn): void => void turns.push(turn)
      const [end, endOther] = [await watch(b, onTurn), await watch(b, onTurn)]
      await end()
      const first = claim()
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      await eventually(() => notified(turns, head), 'the watcher that goes on is notified')
      await endOther()
    },
  },
]
