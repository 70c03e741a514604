import { type TimerQueue, createTimerQueue } from '../timers/timer-queue.js'
import type { LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import { createLossChecks, type LossCheckable, type LossChecks } from '../hold/loss-check.js'
import { LockError } from '../errors/errors.js'
import type { HandOverBounds } from '../options/options.js'
import { createLocalQueues, type LocalQueues } from '../queue/local-queue.js'
import type { LockObserver } from '../observer.js'
import { createRenewal, type Renewal } from '../hold/renewal.js'
import { type Abortable, createAbortListeners, type AbortListeners } from '../timers/abort-listeners.js'
import type { Hold } from '../hold/hold.js'
import { createNotifications, type Notifications } from '../store/notifications.js'

/** What the parts of one locker share. */
export interface Engine {
  readonly backend: LockBackend
  readonly clock: Clock
  /** The wall clock's time when the engine was made. */
  readonly wallOrigin: number
  readonly label: string
  readonly observer: LockObserver | undefined
  /** Alarms of those who wait: they keep the process alive. */
  readonly waitTimers: TimerQueue
  /** Alarms of holds held: they do not. */
  readonly holdTimers: TimerQueue
  /** Alarms of what is done for holds in the background: they do not. */
  readonly backgroundTimers: TimerQueue
  readonly renewal: Renewal
  readonly queues: LocalQueues
  readonly notifications: Notifications
  readonly lossChecks: LossChecks
  readonly signals: AbortListeners
  /** By their owners. */
  readonly holds: Map<string, Hold>
  readonly acquisitions: Set<LossCheckable & Abortable>
  /** What is to ask the store later, and is told if the locker is closed before. */
  readonly pendingSteps: Set<Abortable>
  /** Work that nobody awaits and `close()` waits for. */
  readonly background: Set<Promise<unknown>>
  /** Nothing is begun any more. */
  closed: boolean
  throwIfClosed(): void
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
  const waits = createTimerQueue(clock, true)
  const doubts = createLossChecks(() => engine)
  const engine: Engine = {
    backend,
    clock,
    wallOrigin: clock.wallNow(),
    label,
    observer,
    waitTimers: waits,
    holdTimers: createTimerQueue(clock, false),
    backgroundTimers: createTimerQueue(clock, false),
    renewal: createRenewal(() => engine),
    queues: createLocalQueues(clock, waits, handOver),
    notifications: createNotifications(backend, clock, doubts),
    lossChecks: doubts,
    signals: createAbortListeners(),
    holds: new Map(),
    acquisitions: new Set(),
    pendingSteps: new Set(),
    background: new Set(),
    closed: false,
    throwIfClosed: () => throwIfClosed(engine),
  }
  return engine
}

/** Asked before each call, and between the steps of one: what is closed begins nothing more. */
export function throwIfClosed({ closed }: Engine): void {
  if (closed) throw new LockError('LOCK_CLOSED', 'the locker is closed')
}
