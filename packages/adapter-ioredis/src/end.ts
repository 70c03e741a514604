import { BackendError } from '@holdfast/core'
import type { IoredisClient } from './client.js'

/** Members that say whether a client was ended. */
interface Ending {
  readonly status?: string
  readonly stream?: unknown
  /** Set by `disconnect()` and by the sending of QUIT, and reset at the end of the connection, so late or never. */
  readonly manuallyClosing?: unknown
  /** Whether `connect()` was called last, and not `disconnect()`. A cluster has none. */
  readonly connector?: { readonly connecting?: unknown } | null
  /** The commands that were written and not answered. A cluster has none. */
  readonly commandQueue?: { toArray?(): readonly Written[] } | null
}

interface Written {
  readonly command?: { readonly name?: unknown }
}

/** The statuses in which a client that was closed may have been opened again: connecting, connect, ready. */
const OPEN = /^(connect|ready)/

/** How long a client may be at `close`, through which it passes on its way to the next connection. */
const PASSES_MS = 100

interface End {
  readonly isEnded: () => boolean
  /** @throws BackendError when the client was ended. */
  readonly checkOpen: () => void
}

/**
 * Whether a client was ended by its owner, or by a `retryStrategy` that gave up: ioredis sends nothing, and waiting does
 * not help. A client that its owner closes may stay for good at whichever status it had: a `Redis` at `connecting` and
 * `reconnecting`, a cluster at `disconnecting` and `close`. A cluster that gave up may also stay at `close`.
 */
export function endOf(client: IoredisClient): End {
  let closedSince = 0
  /** The connection that was seen open, so that `manuallyClosing` is no remainder of an earlier one. */
  let open: unknown

  const isEnded = (): boolean => {
    const { status = '', stream, manuallyClosing, connector, commandQueue }: Ending = client
    if (status === 'end') return true
    if (manuallyClosing !== true) {
      open = stream
      closedSince = status === 'close' ? closedSince || performance.now() : 0
      return closedSince > 0 && performance.now() - closedSince > PASSES_MS
    }
    if (!OPEN.test(status) || connector?.connecting === false) return true
    if (commandQueue?.toArray?.().some(({ command }) => command?.name === 'quit')) open = stream
    // While it connects, `stream` is the one before. A cluster has none.
    return status !== 'connecting' && stream === open && !!stream
  }

  isEnded()
  return {
    isEnded,
    checkOpen: () => {
      if (isEnded()) throw new BackendError('this ioredis client is closed', { executed: 'no', retryable: false })
    },
  }
}
