import type { LockBackend, Turn, TurnGranted, Unwatch } from '../backend.js'
import type { Clock } from '../clock.js'
import type { RunIn } from '../timers/detached.js'

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

/** Whom to tell of everything that does not concern a waiter. */
export interface NotificationListener {
  /** The name may have been taken from this owner, or from whichever owner holds it. */
  onTaken(name: string, owner: string | null): void
  /** Notifications arrive from now on, or again: a message that was sent before is lost. */
  onStanding(): void
  /** No notification arrives any more, because a connection is gone. */
  onGone(): void
  /** None arrives, and the next attempt to watch makes sense at this time. */
  onUnavailable(until: number): void
}

/** How long to do without notifications after a watch could not be begun. */
const RETRY_MS = 1_000

/** One watch for the life of a locker. All that it loses is made up for by asking again. */
export function createNotifications(
  { backend, clock, detached }: { backend: LockBackend; clock: Clock; detached: RunIn },
  listener: NotificationListener,
): Notifications {
  const waiters = new Map<string, Notifiable>()
  let watch: Promise<Unwatch | undefined> | undefined
  let standing = false
  let stopped = false
  let notBefore = -Infinity

  const onTurn = (turn: Turn): void => {
    if (turn.type === 'taken') listener.onTaken(turn.name, turn.owner)
    else waiters.get(turn.owner)?.notify(turn)
  }

  const onStanding = (stands: boolean): void => {
    if (stands === standing || stopped) return
    standing = stands
    // Waiters that relied on notifications ask within their poll interval, as they do in any case.
    if (!stands) return listener.onGone()
    for (const waiter of [...waiters.values()]) waiter.notify()
    listener.onStanding()
  }

  const begin = async (): Promise<Unwatch | undefined> => {
    try {
      // Not before `watch` holds this very promise, so that a failure can take it back.
      await Promise.resolve()
      let told: boolean | undefined
      const unwatch = await backend.watch?.(onTurn, (stands) => {
        told = stands
        onStanding(stands)
      })
      // The backend may have said already that the connection is gone again.
      if (told === undefined) onStanding(true)
      return unwatch
    } catch {
      // Only notifications are lost: waiters go on asking, and the next one that waits tries again.
      watch = undefined
      notBefore = clock.now() + RETRY_MS
      listener.onUnavailable(notBefore)
      return undefined
    }
  }

  return {
    active: () => standing,
    start: () => {
      if (backend.capabilities.watch && !stopped && clock.now() >= notBefore) watch ??= detached(begin)
    },
    subscribe: (owner, waiter) => waiters.set(owner, waiter),
    unsubscribe: (owner) => waiters.delete(owner),
    stop: async () => {
      stopped = true
      standing = false
      try {
        const unwatch = await watch
        await unwatch?.()
      } catch {
        // The connection of the watch is gone already.
      }
    },
  }
}
