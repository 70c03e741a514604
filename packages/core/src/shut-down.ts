import { attempt } from './attempt.js'
import type { Engine } from './engine.js'
import { LockError } from './errors.js'
import { Pause } from './pause.js'

const TURNS = 32

/** Ends everything that a locker has under way, and waits, each call within its bound, until it is given back. */
export async function shutDown(engine: Engine, timeoutMs: number): Promise<void> {
  const closed = new LockError('LOCK_CLOSED', 'the locker was closed')
  engine.closed = true
  for (const abortable of [...engine.acquisitions, ...engine.queued]) abortable.halt(closed)
  for (const tenure of [...engine.held.values()]) void tenure.revoke(closed)
  engine.renewal.stop()
  engine.doubts.stop()
  // What is halted needs a few turns of the promise queue to give back what it had asked for. Whatever needs more must
  // not keep this process from everything else.
  for (let turns = 0; engine.acquisitions.size > 0 || engine.background.size > 0; turns++) {
    await Promise.all(engine.background)
    if (turns > TURNS) await new Pause(engine.waits, engine.clock.now() + 1).done
  }
  await attempt(() => engine.turns.stop(), engine.waits, engine.clock.now() + timeoutMs)
  for (const alarms of [engine.waits, engine.leases, engine.chores]) alarms.rest()
}
