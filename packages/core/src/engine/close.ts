import { LockError } from '../errors/errors.js'
import { callStore } from '../store/call.js'
import { Sleep } from '../timers/sleep.js'
import { inSlices } from '../timers/slices.js'
import type { Engine } from './engine.js'

const TURNS = 32

/** Ends everything that a locker has under way, and waits, each call within its bound, until it is released. */
export async function closeEngine(engine: Engine, timeoutMs: number): Promise<void> {
  const { clock, waitTimers: timers, acquisitions, pendingSteps, background } = engine
  const closed = new LockError('LOCK_CLOSED', 'the locker was closed')
  engine.closed = true
  // Before the holds end: a step that has not been sent must not find them free.
  for (const step of [...pendingSteps]) step.abort(closed)
  void inSlices(clock, acquisitions, (acquisition) => acquisition.abort(closed))
  for (const hold of engine.names.holds()) void hold.end({ reason: closed, atStore: 'release' })
  engine.renewal.stop()
  engine.lossChecks.stop()
  // An aborted acquisition needs a few turns of the promise queue to release its claim. If it needs more, the other
  // work of this process must go on meanwhile.
  for (let turns = 0; acquisitions.size > 0 || background.size > 0; turns++) {
    await Promise.all(background)
    if (turns > TURNS) await new Sleep(timers, clock.now() + 1).done
  }
  await callStore(() => engine.notifications.stop(), { timers, until: clock.now() + timeoutMs })
  for (const queue of [engine.waitTimers, engine.holdTimers, engine.backgroundTimers]) queue.stopIfIdle()
}
