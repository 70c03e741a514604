import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectRefused } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { notified, watched, type Watched } from './watching.js'

const ROUNDS = 3

/** A process watches while it has waiters: watching begins, ends, and begins again. */
export const watchingAgain: readonly ConformanceCase[] = [
  {
    id: 'watch/again',
    title: 'watchers that begin and end again and again, at the same time too, are notified',
    requires: ['watch', 'line'],
    // Another watcher would keep the connection for notifications open.
    alone: true,
    run: async (world) => {
      for (let round = 0; round < ROUNDS; round++) await beginAndEnd(world, round)
    },
  },
]

/** Two watchers begin at once; another begins while a message is on its way and one ends; one begins as the last end. */
async function beginAndEnd(world: World, round: number): Promise<void> {
  const { a, b, claim, named, eventually } = world
  const name = named(`/${round}`)
  const first = claim({ name })
  const [head, second, third, last] = [
    waiter(world, name),
    waiter(world, name),
    waiter(world, name),
    waiter(world, name),
  ]
  const allNotified = (watchers: readonly Watched[], mine: Claim, when: string): Promise<void> =>
    eventually(() => watchers.every(({ turns }) => notified(turns, mine)), `a waiter is notified, ${when}`)
  const free = (mine: Claim): Promise<unknown> => a.release({ name, owner: mine.owner })
  const waits = (mine: Claim): Promise<unknown> => expectRefused(b, mine, 'the name is held')

  await expectGranted(a, first, 'nobody holds the name')
  await waits(head)
  const [one, other] = await Promise.all([watched(b), watched(b)])
  // The claim was in line before: it asks again once the watch is active, as a waiter does after an interruption.
  await waits(head)
  await free(first)
  await allNotified([one, other], head, 'when two watchers began at the same time')

  await waits(second)
  const [next] = await Promise.all([watched(b), free(head), other.unwatch()])
  await allNotified([one], second, 'when another watcher began, and another one ended, with the message on its way')

  await waits(third)
  const [fresh] = await Promise.all([watched(b), one.unwatch(), next.unwatch()])
  await waits(third)
  await free(second)
  await allNotified([fresh], third, 'when its watcher began as all others ended')

  await fresh.unwatch()
  const again = await watched(b)
  await waits(last)
  await free(third)
  await allNotified([again], last, 'when its watcher began after all others had ended')
  await again.unwatch()
}

const waiter = ({ claim }: World, name: string): Claim => claim({ name, lineMs: LONG_MS })
