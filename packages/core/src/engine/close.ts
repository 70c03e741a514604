import { callStore } from '../store/call.js'
import type { Engine } from './engine.js'
import { LockError } from '../errors/errors.js'
import { Sleep } from '../timers/sleep.js'

const TURNS = 32

/** Ends everything that a locker has under way, and waits, each call within its bound, until it is given back. */
export async function closeEngine(engine: Engine, timeoutMs: number): Promise<void> {
  const closed = new LockError('LOCK_CLOSED', 'the locker was closed')
  engine.closed = true
  for (const abortable of [...engine.acquisitions, ...engine.pendingSteps]) abortable.abort(closed)
  for (const hold of [...engine.holds.values()]) void hold.revoke(closed)
  engine.renewal.stop()
  engine.lossChecks.stop()
  // What is aborted needs a few turns of the promise queue to give back what it had asked for. Whatever needs more must
  // not keep this process from everything else.
  for (let turns = 0; engine.acquisitions.size > 0 || engine.background.size > 0; turns++) {
    await Promise.all(engine.background)
    if (turns > TURNS) await new Sleep(engine.waitTimers, engine.clock.now() + 1).done
  }
  await callStore(() => engine.notifications.stop(), engine.waitTimers, engine.clock.now() + timeoutMs)
  for (const timers of [engine.waitTimers, engine.holdTimers, engine.backgroundTimers]) timers.stopIfIdle()
}
