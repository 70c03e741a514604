import { LockError } from '../errors/errors.js'
import { callStore } from '../store/call.js'
import { Hold } from '../hold/hold.js'
import { inSlices } from '../timers/slices.js'
import type { Engine } from './engine.js'

/** Ends everything that a locker has under way, and waits, each call within its bound, until it is released. */
export async function closeEngine(engine: Engine, timeoutMs: number): Promise<void> {
  const { clock, names, waitTimers: timers, acquisitions, pendingSteps, background } = engine
  const closed = new LockError('LOCK_CLOSED', 'the locker was closed')
  engine.closed = true
  // Before the holds end: a step that has not been sent must not find them free.
  for (const step of [...pendingSteps]) step.abort(closed)
  const all = names.all()
  void inSlices(clock, [...acquisitions, ...all], (each) => {
    if (!(each instanceof Hold)) each.abort(closed)
  })
  for (const each of all) if (each instanceof Hold) void each.end({ reason: closed, atStore: 'release' })
  engine.renewal.stop()
  engine.lossChecks.stop()
  // An acquisition that ends may leave a release behind.
  while (background.size > 0) await background.idle()
  await callStore(() => engine.notifications.stop(), { timers, until: clock.now() + timeoutMs })
  for (const queue of [engine.waitTimers, engine.holdTimers, engine.backgroundTimers]) queue.stopIfIdle()
}
