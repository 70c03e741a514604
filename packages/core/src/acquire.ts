import { Acquisition } from './acquisition.js'
import type { Engine } from './engine.js'
import { LockError } from './errors.js'
import { SingleLease } from './lease.js'
import type { LocalPlace } from './local-line.js'
import { tell } from './observer.js'
import type { Settings } from './options.js'
import { Pause } from './pause.js'
import { pursue, type Want } from './pursuit.js'

/** How an acquisition waits: in line within this process, or not at all. */
export type Manner = 'wait' | 'try'

/**
 * Acquires one name. Answers `null` when it is certainly not acquired.
 *
 * Runs synchronously up to the call to the store, so that calls take effect in the order in which they were made.
 */
export async function acquire(
  engine: Engine,
  name: string,
  settings: Settings,
  manner: Manner,
): Promise<SingleLease | null> {
  const { signal } = settings
  signal?.throwIfAborted()
  const acquisition = new Acquisition(engine, name, settings.mode)
  const abort = signal && ((): void => acquisition.halt(signal.reason))
  if (abort !== undefined) signal?.addEventListener('abort', abort)
  engine.acquisitions.add(acquisition)
  try {
    return await (manner === 'wait'
      ? inTurn(engine, wantOf(engine, name, settings), acquisition)
      : ask(engine, wantOf(engine, name, { ...settings, waitMs: 0, maxAttempts: 1 }), acquisition))
  } finally {
    engine.acquisitions.delete(acquisition)
    if (abort !== undefined) signal?.removeEventListener('abort', abort)
  }
}

/** Waits behind those in this process who want the same name, then asks the store. */
async function inTurn(engine: Engine, want: Want, acquisition: Acquisition): Promise<SingleLease | null> {
  let pause: Pause | undefined
  const place: LocalPlace = { mode: want.mode, called: false, call: () => pause?.interrupt() }
  engine.lines.join(want.name, place)
  try {
    if (!place.called) {
      acquisition.announce()
      pause = new Pause(engine.waits, want.until)
      acquisition.waitFor(pause)
      await pause.done
      if (acquisition.stopped) throw acquisition.reason
      if (!place.called) return null
    }
    return await ask(engine, want, acquisition)
  } finally {
    engine.lines.leave(want.name, place)
  }
}

async function ask(engine: Engine, want: Want, acquisition: Acquisition): Promise<SingleLease | null> {
  const pursued = await pursue(engine, want, acquisition)
  if (pursued === 'busy') return null
  const { tenure, fence, attempts } = pursued
  // The locker was closed between the grant and this line, and has given the tenure back.
  if (tenure.state !== 'held') throw acquisition.reason ?? new LockError('LOCK_CLOSED', 'the locker was closed')
  const { name, mode } = want
  const waitedMs = engine.clock.now() - acquisition.since
  tell(engine.observer, 'acquired', () => ({ name, mode, waitedMs, attempts, fence }))
  return new SingleLease(tenure, fence)
}

function wantOf({ clock }: Engine, name: string, settings: Settings): Want {
  const { mode, limit, ttlMs, waitMs, maxAttempts, backoff, term } = settings
  // One attempt is bounded like every call; to wait is bounded by the caller's patience.
  const until = clock.now() + (waitMs === 0 ? term.timeoutMs : waitMs)
  return { name, mode, limit, ttlMs, maxAttempts, backoff, term, until }
}
