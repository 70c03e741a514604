import { createLocker, type Locker, type LockerOptions, type LockObserver } from '@holdfast/core'
import type { Client, Connected, Credentials } from './clients.js'
import { eventually } from './eventually.js'
import { paced } from './pace.js'

const WAIT_MS = 30_000

export interface OpenOptions extends Omit<LockerOptions, 'backend'> {
  readonly prefix?: string
  readonly credentials?: Credentials
  /** Whether to wait until the server has answered once, so that no bound has to cover the connecting. Default true. */
  readonly connected?: boolean
}

/** A locker over a client of its own. Disposing closes the locker, then ends the client, as a user should. */
export interface Opened extends AsyncDisposable, Connected {
  readonly locks: Locker
}

export async function open(client: Client, port: number, options: OpenOptions = {}): Promise<Opened> {
  const { prefix, credentials, connected: wait = true, ...rest } = options
  const connected = await client.connect(port, prefix, credentials)
  if (wait) await eventually(() => connected.backend.inspect('nothing'))
  // On a busy machine a waiter is served later.
  const locks = createLocker({ waitMs: paced(WAIT_MS), ...rest, backend: connected.backend })
  return {
    ...connected,
    locks,
    [Symbol.asyncDispose]: async () => {
      await locks.close()
      try {
        connected.end()
      } catch {
        // The test has ended the client.
      }
    },
  }
}

/** An observer that keeps its events, in order. */
export function recorder(): {
  readonly observer: LockObserver
  readonly events: readonly string[]
  count(e: string): number
} {
  const events: string[] = []
  const observer: Record<string, () => void> = {}
  for (const hook of ['waiting', 'contended', 'acquired', 'renewed', 'renewalFailed', 'lost', 'released']) {
    observer[hook] = () => void events.push(hook)
  }
  return { observer, events, count: (event) => events.filter((each) => each === event).length }
}
