import { setQuietTimer } from './timers.js'

/** Callers that wait for the connection for notifications to stand. */
export interface StandingWait {
  /** Resolves when it stands. Rejects when it is refused, or does not stand in time. */
  start(): Promise<void>
  resolveAll(): void
  rejectAll(error: unknown): void
}

/** Notifications are not worth waiting longer for: without them, waiters poll. */
const WITHIN_MS = 5_000

export function createStandingWait(): StandingWait {
  const waits = new Set<(error?: { readonly reason: unknown }) => void>()
  return {
    start: () =>
      new Promise((resolve, reject) => {
        const settle = (error?: { readonly reason: unknown }): void => {
          waits.delete(settle)
          cancel()
          if (error === undefined) resolve()
          else reject(error.reason)
        }
        const cancel = setQuietTimer(
          () => settle({ reason: new Error('the connection for notifications was not ready in time') }),
          WITHIN_MS,
        )
        waits.add(settle)
      }),
    resolveAll: () => {
      for (const settle of [...waits]) settle()
    },
    rejectAll: (reason) => {
      for (const settle of [...waits]) settle({ reason })
    },
  }
}
