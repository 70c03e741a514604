import type { Clock } from '../clock.js'
import type { LockBackend, Turn, Unwatch } from '../backend.js'

/** Who asks what was taken by force. */
export interface LossChecks {
  onSubscribed(): void
  onUnavailable(until: number): void
  check(name: string, owner: string | null): void
}

/** The store's hints that it is somebody's turn, brought to the acquisition that waits for it. */
export interface Notifications {
  /** Whether hints can arrive, so that waiting for one makes sense. */
  active(): boolean
  /** Begins to watch, once, at the first need. Whoever waits then is woken when the watch stands. */
  start(): void
  /** Wakes the sleeper at each hint for `owner`, until {@link unsubscribe}. */
  subscribe(owner: string, sleeper: Notifiable): void
  unsubscribe(owner: string): void
  /** Ends the watch. Never rejects. */
  stop(): Promise<void>
}

export interface Notifiable {
  /** @param turn what the store says; absent when it only may be worth asking. */
  notify(turn?: Turn): void
}

/** How long to do without hints after a watch could not be begun. */
const RETRY_MS = 1_000

/** One watch for the life of a locker: a hint that was sent before it stood is made up for by asking again. */
export function createNotifications(backend: LockBackend, clock: Clock, lossChecks: LossChecks): Notifications {
  const expected = new Map<string, Notifiable>()
  let watch: Promise<Unwatch | undefined> | undefined
  let standing = false
  let notBefore = -Infinity

  const onTurn = (turn: Turn): void => {
    const waiter = turn.owner === null ? undefined : expected.get(turn.owner)
    // A turn of an owner that does not wait: it may hold the name already, and the notification may tell of its end.
    if (waiter === undefined) lossChecks.check(turn.name, turn.owner)
    else waiter.notify(turn)
  }

  const begin = async (): Promise<Unwatch | undefined> => {
    try {
      // Not before `watch` holds this very promise, so that a failure can take it back.
      await Promise.resolve()
      const unwatch = await backend.watch?.(onTurn)
      standing = true
      for (const sleeper of [...expected.values()]) sleeper.notify()
      lossChecks.onSubscribed()
      return unwatch
    } catch {
      // Only hints are lost: waiters go on asking, and the next one to wait tries again.
      watch = undefined
      notBefore = clock.now() + RETRY_MS
      lossChecks.onUnavailable(notBefore)
      return undefined
    }
  }

  return {
    active: () => standing,
    start: () => {
      if (backend.capabilities.watch && clock.now() >= notBefore) watch ??= begin()
    },
    subscribe: (owner, sleeper) => expected.set(owner, sleeper),
    unsubscribe: (owner) => expected.delete(owner),
    stop: async () => {
      standing = false
      try {
        await (
          await watch
        )?.()
      } catch {
        // The connection of the watch is gone already.
      }
    },
  }
}
