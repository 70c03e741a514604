import type { LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import type { LockContext } from '../options/context.js'
import { LockError } from '../errors/errors.js'
import type { HoldHost } from '../hold/hold.js'
import { createLossChecks, type LossChecks } from '../hold/loss-check.js'
import { createRenewal, type Renewal } from '../hold/renewal.js'
import type { LockObserver } from '../observer/observer.js'
import type { HandOverBounds } from '../options/options.js'
import { createNames, type Names } from '../queue/names.js'
import { createNotifications, type Notifications } from '../store/notifications.js'
import { type Abortable, type AbortListeners, createAbortListeners } from '../timers/abort-listeners.js'
import { Background } from '../timers/background.js'
import { runDetached, type RunIn } from '../timers/detached.js'
import { createTimerQueue, type TimerQueue } from '../timers/timer-queue.js'

/** The parts of one locker, which all of them share. */
export interface Engine extends HoldHost {
  readonly label: string
  /** Which leases surround a call, if that is known. */
  readonly context: LockContext | undefined
  /** Timers of waits: they keep the process alive. */
  readonly waitTimers: TimerQueue
  /** Timers of holds: they do not. */
  readonly holdTimers: TimerQueue
  /** Timers of work in the background: they do not. */
  readonly backgroundTimers: TimerQueue
  readonly renewal: Renewal
  readonly names: Names
  readonly notifications: Notifications
  readonly lossChecks: LossChecks
  readonly signals: AbortListeners
  /** Acquisitions under way that are in no queue. They end when the locker is closed. */
  readonly acquisitions: Set<Abortable>
  /** Steps that are to ask the store later, and end when the locker is closed before. */
  readonly pendingSteps: Set<Abortable>
  /** Calls, releases and other work under way, which `close()` waits for. */
  readonly background: Background
  /** Nothing is begun any more. */
  closed: boolean
  /** Asked before each call, and between the steps of one. */
  throwIfClosed(): void
}

export interface EngineOptions {
  readonly backend: LockBackend
  readonly clock: Clock
  readonly label: string
  readonly observer: LockObserver | undefined
  readonly handOver: HandOverBounds
  readonly context: LockContext | undefined
}

export function createEngine(options: EngineOptions): Engine {
  const { backend, clock, label, observer, handOver: bounds, context } = options
  const detached: RunIn = (work) => runDetached(() => (context?.exit === undefined ? work() : context.exit(work)))
  const waitTimers = createTimerQueue(clock, { keepsProcessAlive: true, detached })
  const backgroundTimers = createTimerQueue(clock, { keepsProcessAlive: false, detached })
  const names = createNames({ clock, timers: waitTimers, bounds })
  const holdTimers = createTimerQueue(clock, { keepsProcessAlive: false, detached })
  const lossChecks = createLossChecks(() => engine)
  const engine: Engine = {
    backend,
    clock,
    wallOrigin: clock.wallNow(),
    label,
    observer,
    context,
    detached,
    waitTimers,
    holdTimers,
    backgroundTimers,
    renewal: createRenewal(() => engine),
    names,
    notifications: createNotifications({ backend, clock, observer, detached, backgroundTimers }, lossChecks),
    lossChecks,
    signals: createAbortListeners(clock),
    acquisitions: new Set(),
    pendingSteps: new Set(),
    background: new Background(),
    closed: false,
    throwIfClosed: () => {
      if (engine.closed) throw new LockError('LOCK_CLOSED', 'the locker is closed')
    },
  }
  return engine
}
