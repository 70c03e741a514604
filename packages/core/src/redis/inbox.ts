import type { Turn, Unwatch } from '../backend.js'
import type { RedisTransport } from './transport.js'

/**
 * Where a backend instance is told that one of its waiting owners was granted a name: one channel for its life, so
 * that a release wakes exactly one process. A message carries the number of a turn, which is no secret.
 */
export interface Inbox {
  /** The channel, while somebody watches. */
  channel(): string | undefined
  /** The number that the store is to send when it is this owner's turn. */
  expect(name: string, owner: string): string
  forget(owner: string): void
  watch(onTurn: (turn: Turn) => void): Promise<Unwatch>
}

export function createInbox(transport: RedisTransport, prefix: string): Inbox {
  const channel = `${prefix}turn:${crypto.randomUUID()}`
  const watchers = new Set<(turn: Turn) => void>()
  const numbers = new Map<string, string>()
  const turns = new Map<string, Turn>()
  let last = 0
  let subscription: Promise<() => Promise<void>> | undefined
  let standing = false

  const onMessage = (message: string): void => {
    const turn = turns.get(message)
    if (turn !== undefined) for (const onTurn of watchers) onTurn(turn)
  }

  const subscribe = async (): Promise<() => Promise<void>> => {
    const unsubscribe = await transport.subscribe?.(channel, onMessage)
    standing = true
    return async () => {
      standing = false
      subscription = undefined
      await unsubscribe?.()
    }
  }

  return {
    channel: () => (standing ? channel : undefined),
    expect: (name, owner) => {
      const known = numbers.get(owner)
      if (known !== undefined) return known
      const number = `${++last}`
      numbers.set(owner, number)
      turns.set(number, { name, owner })
      return number
    },
    forget: (owner) => {
      const number = numbers.get(owner)
      if (number === undefined) return
      numbers.delete(owner)
      turns.delete(number)
    },
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
