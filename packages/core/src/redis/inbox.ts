import type { Turn, TurnGranted, Unwatch } from '../backend.js'
import type { RedisTransport } from './transport.js'

/**
 * Where a backend instance is told that one of its waiting owners was granted a name: one channel for its life, so
 * that a release wakes exactly one process. A message is '<turn> <fence>'. The turn is a secret of one `acquire` call
 * and the store, used once, so that a message which carries it is the store's own word, and newer than that call: one
 * that was read late, after the grant had passed, must not count for the call made since.
 */
export interface Inbox {
  /** The channel, while somebody watches. */
  channel(): string | undefined
  /** What the store is to send when, after the call about to be made, it is this owner's turn. */
  expect(name: string, owner: string): string
  forget(owner: string): void
  watch(onTurn: (turn: Turn) => void): Promise<Unwatch>
}

/**
 * Where all backends with one prefix are told of names that were taken by force. A message is such a name: no secret, and
 * harmless from whomever, since it makes its holder ask and no more. It may concern another keyPrefix or database.
 */
export const lostChannel = (prefix: string): string => `${prefix}turn:lost`

export function createInbox(transport: RedisTransport, prefix: string): Inbox {
  const channel = `${prefix}turn:${crypto.randomUUID()}`
  const lost = lostChannel(prefix)
  const watchers = new Set<(turn: Turn) => void>()
  const secrets = new Map<string, string>()
  const turns = new Map<string, TurnGranted>()
  let subscription: Promise<() => Promise<void>> | undefined
  let standing = false

  const tell = (turn: Turn): void => {
    for (const onTurn of watchers) onTurn(turn)
  }

  const onMessage = (message: string, from: string): void => {
    if (from === lost) return tell({ type: 'taken', name: message, owner: null })
    const [secret = '', fence = ''] = message.split(' ')
    const turn = turns.get(secret)
    if (turn === undefined) return
    forget(turn.owner)
    const granted = { fence: fence === '' ? null : Number(fence) }
    tell({ ...turn, granted })
  }

  const subscribe = async (): Promise<() => Promise<void>> => {
    const unsubscribe = await transport.subscribe?.([channel, lost], onMessage)
    standing = true
    return async () => {
      standing = false
      subscription = undefined
      await unsubscribe?.()
    }
  }

  const forget = (owner: string): void => {
    const secret = secrets.get(owner)
    if (secret === undefined) return
    secrets.delete(owner)
    turns.delete(secret)
  }

  return {
    channel: () => (standing ? channel : undefined),
    expect: (name, owner) => {
      forget(owner)
      const secret = crypto.randomUUID()
      secrets.set(owner, secret)
      turns.set(secret, { type: 'turn', name, owner })
      return secret
    },
    forget,
    watch: async (onTurn) => {
      const watcher = (turn: Turn): void => onTurn(turn)
      watchers.add(watcher)
      try {
        subscription ??= subscribe()
        const end = await subscription
        return async () => {
          if (watchers.delete(watcher) && watchers.size === 0) await end()
        }
      } catch (error) {
        watchers.delete(watcher)
        subscription = undefined
        throw error
      }
    },
  }
}
