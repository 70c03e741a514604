import type { Turn, TurnGranted, Unwatch } from '@holdfast/core'
import type { Listen } from './listen.js'
import type { Address } from './statements.js'
import { fromStored } from './text.js'

/**
 * Where a backend instance is notified: of grants to its waiting owners on one channel of its own, of names taken by
 * force on one of the schema. A message of a grant is '<secret> <fence>'. The secret belongs to one `acquire` call and is
 * stored beside its place, so a message that holds it was sent by the grant itself.
 */
export interface Inbox {
  /** Where to notify the owner of the call about to be made, while messages arrive. */
  expect(name: string, owner: string): Address | undefined
  forget(owner: string): void
  watch(onTurn: (turn: Turn) => void, onStanding?: (standing: boolean) => void): Promise<Unwatch>
}

interface Watcher {
  readonly onTurn: (turn: Turn) => void
  readonly onStanding: ((standing: boolean) => void) | undefined
}

export function createInbox(listen: Listen, schema: string): Inbox {
  // Plain identifiers: PGlite does not quote them everywhere.
  const inbox = `turn_${crypto.randomUUID().replaceAll('-', '')}`
  const taken = `taken_${schema}`
  const watchers = new Set<Watcher>()
  const secrets = new Map<string, string>()
  const turns = new Map<string, TurnGranted>()
  let subscription: Promise<() => Promise<void>> | undefined
  let standing = false

  const emit = (turn: Turn): void => {
    for (const { onTurn } of watchers) onTurn(turn)
  }

  const onMessage = (channel: string, message: string): void => {
    if (channel === taken) return emit({ type: 'taken', name: fromStored(message), owner: null })
    const [secret = '', fence = ''] = message.split(' ')
    const turn = turns.get(secret)
    if (turn === undefined) return
    forget(turn.owner)
    emit({ ...turn, granted: { fence: Number(fence) } })
  }

  const onStanding = (now: boolean): void => {
    if (now === standing) return
    standing = now
    for (const watcher of watchers) watcher.onStanding?.(now)
  }

  const subscribe = async (): Promise<() => Promise<void>> => {
    const end = await listen([inbox, taken], onMessage, onStanding)
    standing = true
    return async () => {
      standing = false
      subscription = undefined
      await end()
    }
  }

  const forget = (owner: string): void => {
    const secret = secrets.get(owner)
    if (secret === undefined) return
    secrets.delete(owner)
    turns.delete(secret)
  }

  return {
    expect: (name, owner) => {
      if (!standing) return undefined
      forget(owner)
      const secret = crypto.randomUUID()
      secrets.set(owner, secret)
      turns.set(secret, { type: 'turn', name, owner })
      return { inbox, secret }
    },
    forget,
    watch: async (onTurn, standingChanged) => {
      // An object of its own, so that watching twice with one function is two watches.
      const watcher: Watcher = { onTurn, onStanding: standingChanged }
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
