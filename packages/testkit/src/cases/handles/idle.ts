import type { LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted } from '../../suite/expect.js'
import type { World } from '../../suite/world.js'
import { warned } from '../watch/losses.js'
import { watched } from '../watch/watching.js'
import { expectEveryCall } from './every-call.js'

/** The time for which a handle makes no call: in virtual time as long as leases allow. */
const IDLE_MS = { exact: 15_000, real: 200 }

/** A process may use a handle rarely. */
export const idleHandles: readonly ConformanceCase[] = [
  {
    id: 'handles/idle',
    title: 'a handle that made no call for a while goes on as before, and its watcher is notified',
    // The calls and notifications of other cases would keep the connections busy.
    alone: true,
    run: async (world) => {
      const { a, b, exact, named, pass } = world
      const idle = (): Promise<void> => pass(exact ? IDLE_MS.exact : IDLE_MS.real)
      const steals = [await stolen(world, [a, b], named('/a')), await stolen(world, [b, a], named('/b'))]
      await idle()
      await Promise.all(steals.map((steal) => steal()))
      for (const [index, handle] of [a, b].entries()) {
        await idle()
        await expectEveryCall(world, handle, `after a while without calls, handle ${index + 1}`)
      }
    },
  },
]

/** Lets the first handle hold a name and watch. The result takes the name by force through the other handle. */
async function stolen(
  { claim, eventually }: World,
  [holder, other]: readonly [LockBackend, LockBackend],
  name: string,
): Promise<() => Promise<void>> {
  const mine = claim({ name })
  const watching = holder.capabilities.watch ? await watched(holder) : null
  await expectGranted(holder, mine, 'nobody holds the name')
  return async () => {
    await expectGranted(other, claim({ name, steal: true }), 'a claim that steals, after a while without calls')
    if (watching === null) return
    await eventually(() => warned(watching.turns, mine), 'a holder is notified after a while without calls')
    await watching.unwatch()
  }
}
