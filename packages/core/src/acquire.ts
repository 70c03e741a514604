import { Acquisition } from './acquisition.js'
import type { Engine } from './engine.js'
import type { LockMode } from './backend.js'
import { LockError } from './errors.js'
import { SingleLease } from './lease.js'
import type { LocalPlace } from './local-line.js'
import { tell } from './observer.js'
import type { Settings } from './options.js'
import { Pause } from './pause.js'
import { pursue, type Want } from './pursuit.js'
import type { Tenure, Term } from './tenure.js'

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

/** Waits behind those in this process who want the same name, then asks the store, unless it is handed what they held. */
async function inTurn(engine: Engine, want: Want, acquisition: Acquisition): Promise<SingleLease | null> {
  const place = new Place(engine, want, acquisition)
  engine.lines.join(want.name, place)
  try {
    if (!place.called) await place.wait()
    if (place.lease !== undefined) return await accepted(place.lease, acquisition)
    if (acquisition.stopped) throw acquisition.reason
    return place.called ? await ask(engine, want, acquisition) : null
  } finally {
    engine.lines.leave(want.name, place)
  }
}

/** A lease handed over at the moment when the wait was ended is given back. */
async function accepted(lease: SingleLease, acquisition: Acquisition): Promise<SingleLease> {
  if (!acquisition.stopped) return lease
  await lease.release()
  throw acquisition.reason
}

class Place implements LocalPlace {
  called = false
  /** What it was handed. */
  lease: SingleLease | undefined
  readonly #engine: Engine
  readonly #want: Want
  readonly #acquisition: Acquisition
  #pause: Pause | undefined

  constructor(engine: Engine, want: Want, acquisition: Acquisition) {
    this.#engine = engine
    this.#want = want
    this.#acquisition = acquisition
  }

  get mode(): LockMode {
    return this.#want.mode
  }

  get ttlMs(): number {
    return this.#want.ttlMs
  }

  get term(): Term {
    return this.#want.term
  }

  async wait(): Promise<void> {
    this.#acquisition.announce()
    this.#pause = new Pause(this.#engine.waits, this.#want.until)
    this.#acquisition.waitFor(this.#pause)
    await this.#pause.done
  }

  call(): void {
    this.#pause?.interrupt()
  }

  take(tenure: Tenure, fence: number | null): boolean {
    if (this.#acquisition.stopped || this.#engine.clock.now() >= this.#want.until) return false
    this.lease = new SingleLease(tenure, fence)
    tenure.passTo(this.lease, this.#want.term)
    tellAcquired(this.#engine, this.#acquisition, 0, fence)
    this.#pause?.interrupt()
    return true
  }
}

async function ask(engine: Engine, want: Want, acquisition: Acquisition): Promise<SingleLease | null> {
  const pursued = await pursue(engine, want, acquisition)
  if (pursued === 'busy') return null
  const { tenure, fence, attempts } = pursued
  // The locker was closed between the grant and this line, and has given the tenure back.
  if (tenure.state !== 'held') throw new LockError('LOCK_CLOSED', 'the locker was closed')
  tellAcquired(engine, acquisition, attempts, fence)
  return new SingleLease(tenure, fence)
}

function tellAcquired(
  { observer, clock }: Engine,
  acquisition: Acquisition,
  attempts: number,
  fence: number | null,
): void {
  const { name, mode, since } = acquisition
  tell(observer, 'acquired', () => ({ name, mode, waitedMs: clock.now() - since, attempts, fence }))
}

function wantOf({ clock }: Engine, name: string, settings: Settings): Want {
  const { mode, limit, ttlMs, waitMs, maxAttempts, backoff, term } = settings
  // One attempt is bounded like every call; to wait is bounded by the caller's patience.
  const until = clock.now() + (waitMs === 0 ? term.timeoutMs : waitMs)
  return { name, mode, limit, ttlMs, maxAttempts, backoff, term, until }
}
