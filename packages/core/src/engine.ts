import type { Acquisition } from './acquisition.js'
import { type Alarms, createAlarms } from './alarms.js'
import type { LockBackend } from './backend.js'
import type { Clock } from './clock.js'
import { createDoubts, type Doubts } from './doubts.js'
import { LockError } from './errors.js'
import type { HandOverBounds } from './hand-over.js'
import { createLocalLines, type LocalLines } from './local-line.js'
import type { LockObserver } from './observer.js'
import { createRenewal, type Renewal } from './renewal.js'
import { type Abortable, createSignals, type Signals } from './signals.js'
import type { Tenure } from './tenure.js'
import { createTurns, type Turns } from './turns.js'

/** What the parts of one locker share. */
export interface Engine {
  readonly backend: LockBackend
  readonly clock: Clock
  /** The wall clock's time when the engine was made. */
  readonly wallOrigin: number
  readonly label: string
  readonly observer: LockObserver | undefined
  /** Alarms of those who wait: they keep the process alive. */
  readonly waits: Alarms
  /** Alarms of tenures held: they do not. */
  readonly leases: Alarms
  /** Alarms of what is done for tenures in the background: they do not. */
  readonly chores: Alarms
  readonly renewal: Renewal
  readonly lines: LocalLines
  readonly turns: Turns
  readonly doubts: Doubts
  readonly signals: Signals
  /** By their owners. */
  readonly held: Map<string, Tenure>
  readonly acquisitions: Set<Acquisition>
  /** What is to ask the store later, and is told if the locker is closed before. */
  readonly queued: Set<Abortable>
  /** Work that nobody awaits and `close()` waits for. */
  readonly background: Set<Promise<unknown>>
  /** Nothing is begun any more. */
  closed: boolean
}

export interface EngineOptions {
  readonly backend: LockBackend
  readonly clock: Clock
  readonly label: string
  readonly observer: LockObserver | undefined
  readonly handOver: HandOverBounds
}

export function createEngine(options: EngineOptions): Engine {
  const { backend, clock, label, observer, handOver } = options
  const waits = createAlarms(clock, true)
  const doubts = createDoubts(() => engine)
  const engine: Engine = {
    backend,
    clock,
    wallOrigin: clock.wallNow(),
    label,
    observer,
    waits,
    leases: createAlarms(clock, false),
    chores: createAlarms(clock, false),
    renewal: createRenewal(() => engine),
    lines: createLocalLines(clock, waits, handOver),
    turns: createTurns(backend, clock, doubts),
    doubts,
    signals: createSignals(),
    held: new Map(),
    acquisitions: new Set(),
    queued: new Set(),
    background: new Set(),
    closed: false,
  }
  return engine
}

/** Asked before each call, and between the steps of one: what is closed begins nothing more. */
export function throwIfClosed({ closed }: Engine): void {
  if (closed) throw new LockError('LOCK_CLOSED', 'the locker is closed')
}
