import type { HintConnection, Listener } from './connection.js'
import { createStandingWait } from './standing-wait.js'

/** The part of a {@link Listener} that whoever listens brings. */
export type HintListener = Pick<Listener, 'channels' | 'onMessage' | 'onStanding'>

/** Listens from now on, until it is ended. */
export interface Listening {
  /** Messages arrive at present. */
  isStanding(): boolean
  /** Somebody would be notified if messages arrived: tries again where the server's refusals had ended the attempts. */
  need(): void
  end(): void
}

/**
 * Listens over the connection for notifications of a client. Resolves when messages arrive; from then on `onStanding`
 * is called with each change. Rejects when the server refuses, or messages do not arrive within five seconds.
 */
export async function listen(
  hints: HintConnection,
  { channels, onMessage, onStanding }: HintListener,
): Promise<Listening> {
  const wait = createStandingWait()
  let resolved = false
  const listener: Listener = {
    channels,
    onMessage,
    onStanding: (standing) => {
      if (standing) wait.resolveAll()
      if (resolved) onStanding(standing)
    },
    onRefused: (error) => wait.rejectAll(error),
  }
  hints.add(listener)
  try {
    const refusal = hints.refusal()
    if (refusal !== undefined) throw refusal.error
    if (!hints.isStanding(listener)) await wait.start()
  } catch (error) {
    hints.remove(listener)
    throw error
  }
  resolved = true
  return {
    isStanding: () => hints.isStanding(listener),
    need: () => hints.need(),
    end: () => hints.remove(listener),
  }
}
