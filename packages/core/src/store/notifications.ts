import type { LockBackend, Turn, TurnGranted, Unwatch } from '../backend.js'
import type { Clock } from '../clock.js'
import { redact } from '../errors/redact.js'
import { emit, type LockObserver } from '../observer/observer.js'
import type { RunIn } from '../timers/detached.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'

/** The store's notifications, brought to the waiter or the holder that each concerns. */
export interface Notifications {
  /** Whether notifications arrive at present, so that waiting for one makes sense. */
  active(): boolean
  /** Begins to watch, once, at the first need. Waiters are asked to ask again once the watch stands. */
  start(): void
  /** Wakes the waiter at each turn of its owner, until {@link unsubscribe}. */
  subscribe(owner: string, waiter: Notifiable): void
  unsubscribe(owner: string): void
  /** Ends the watch. Never rejects. */
  stop(): Promise<void>
}

export interface Notifiable {
  /** @param turn the store's message; absent when the watch has come to stand: the store knows now where to send one */
  notify(turn?: TurnGranted): void
}

/** Called for each notification that does not concern a waiter. */
export interface NotificationListener {
  /** Whether it wants notifications at present. */
  needsNotifications(): boolean
  /** The name may have been taken from this owner, or from whichever owner holds it. */
  onTaken(name: string, owner: string | null): void
  /** Notifications arrive from now on, or again: a message that was sent before is lost. */
  onStanding(): void
  /** No notification arrives any more, because a connection is gone. */
  onGone(): void
}

/** The parts of a locker that its notifications use. */
export interface NotificationsHost {
  readonly backend: LockBackend
  readonly clock: Clock
  readonly observer: LockObserver | undefined
  readonly detached: RunIn
  readonly backgroundTimers: TimerQueue
}

/** How long to do without notifications after a watch could not be begun. */
const RETRY_MS = 1_000

/** Makes the watch of a locker, for its whole life. Waiters make up for a lost notification by asking again. */
export function createNotifications(
  { backend, clock, observer, detached, backgroundTimers: timers }: NotificationsHost,
  listener: NotificationListener,
): Notifications {
  const waiters = new Map<string, Notifiable>()
  let watch: Promise<Unwatch | undefined> | undefined
  let standing = false
  let stopped = false
  let notBefore = -Infinity
  /** Since when the observer knows that notifications are gone. */
  let lostAt: number | undefined
  const retry: Timer = { dueAt: 0, heapIndex: -1, fire: () => start() }

  // A backend that sends nothing with a message makes a mistake, which must not end the process that it runs in.
  const onTurn = (turn: Turn | null | undefined): void => {
    if (turn?.type === 'taken') listener.onTaken(turn.name, turn.owner)
    else if (turn) waiters.get(turn.owner)?.notify(turn)
  }

  const onStanding = (stands: boolean): void => {
    if (stands === standing || stopped) return
    standing = stands
    if (!stands) {
      // Waiters that relied on notifications ask within their poll interval, as they do in any case.
      listener.onGone()
      return emitLost(undefined)
    }
    emitBack()
    for (const waiter of [...waiters.values()]) waiter.notify()
    listener.onStanding()
  }

  const begin = async (): Promise<Unwatch | undefined> => {
    let failed = false
    try {
      // Not before `watch` holds this very promise, so that a failure can take it back.
      await Promise.resolve()
      let reported: boolean | undefined
      const unwatch = await backend.watch?.(onTurn, (stands) => {
        if (failed) return
        reported = stands
        onStanding(stands)
      })
      // The backend may have said already that the connection is gone again.
      if (reported === undefined) onStanding(true)
      return unwatch
    } catch (error) {
      // Only notifications are lost: waiters go on asking. The watch may have stood for a moment.
      failed = true
      if (standing) listener.onGone()
      standing = false
      watch = undefined
      notBefore = clock.now() + RETRY_MS
      if (waiters.size > 0 || listener.needsNotifications()) start()
      if (!stopped) emitLost(redact(error, []))
      return undefined
    }
  }

  /** Begins to watch, or does so as soon as another attempt makes sense: a need is not forgotten. */
  function start(): void {
    if (!backend.capabilities.watch || stopped || watch !== undefined) return
    if (clock.now() >= notBefore) watch = detached(begin)
    else timers.set(retry, notBefore)
  }

  const emitLost = (cause: unknown): void => {
    if (lostAt !== undefined) return
    lostAt = clock.now()
    emit(observer, 'hintsLost', () => ({ cause }))
  }

  const emitBack = (): void => {
    if (lostAt === undefined) return
    const lostMs = clock.now() - lostAt
    lostAt = undefined
    emit(observer, 'hintsBack', () => ({ lostMs }))
  }

  return {
    active: () => standing,
    start,
    subscribe: (owner, waiter) => waiters.set(owner, waiter),
    unsubscribe: (owner) => waiters.delete(owner),
    stop: async () => {
      stopped = true
      standing = false
      timers.clear(retry)
      try {
        const unwatch = await watch
        await unwatch?.()
      } catch {
        // The connection of the watch is gone already.
      }
    },
  }
}
