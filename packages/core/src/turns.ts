import type { Clock } from './clock.js'
import type { LockBackend, Turn, Unwatch } from './backend.js'
import type { Doubts } from './doubts.js'

/** The store's hints that it is somebody's turn, brought to the acquisition that waits for it. */
export interface Turns {
  /** Whether hints can arrive, so that waiting for one makes sense. */
  ready(): boolean
  /** Begins to watch, once, at the first need. Whoever waits then is woken when the watch stands. */
  start(): void
  /** Wakes the sleeper at each hint for `owner`, until {@link forget}. */
  expect(owner: string, sleeper: Sleeper): void
  forget(owner: string): void
  /** Ends the watch. Never rejects. */
  stop(): Promise<void>
}

export interface Sleeper {
  /** @param turn what the store says; absent when it only may be worth asking. */
  wake(turn?: Turn): void
}

/** How long to do without hints after a watch could not be begun. */
const RETRY_MS = 1_000

/** One watch for the life of a locker: a hint that was sent before it stood is made up for by asking again. */
export function createTurns(backend: LockBackend, clock: Clock, doubts: Doubts): Turns {
  const expected = new Map<string, Sleeper>()
  let watch: Promise<Unwatch | undefined> | undefined
  let standing = false
  let notBefore = -Infinity

  const onTurn = (turn: Turn): void => {
    const sleeper = expected.get(turn.owner)
    // Of an owner who does not wait: of one who holds, or did.
    if (sleeper === undefined) doubts.raise(turn)
    else sleeper.wake(turn)
  }

  const begin = async (): Promise<Unwatch | undefined> => {
    try {
      // Not before `watch` holds this very promise, so that a failure can take it back.
      await Promise.resolve()
      const unwatch = await backend.watch?.(onTurn)
      standing = true
      for (const sleeper of [...expected.values()]) sleeper.wake()
      doubts.listening()
      return unwatch
    } catch {
      // Only hints are lost: waiters go on asking, and the next one to wait tries again.
      watch = undefined
      notBefore = clock.now() + RETRY_MS
      doubts.deaf(notBefore)
      return undefined
    }
  }

  return {
    ready: () => standing,
    start: () => {
      if (backend.capabilities.watch && clock.now() >= notBefore) watch ??= begin()
    },
    expect: (owner, sleeper) => expected.set(owner, sleeper),
    forget: (owner) => expected.delete(owner),
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
