import type { Turn, TurnGranted, Unwatch } from '@holdfast/core'
import type { Listen, Listening } from './listen.js'
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
  /** The call for which this address was issued was not executed: the place that an earlier call got still stands. */
  onNotExecuted(owner: string, address: Address): void
  forget(owner: string): void
  /** A caller waits or holds: tries again to listen where the server's refusals had ended the attempts. */
  need(): void
  watch(onTurn: (turn: Turn) => void, onStanding?: (standing: boolean) => void): Promise<Unwatch>
}

/** The call of an owner for which a message may arrive. */
interface Expectation {
  readonly turn: TurnGranted
  readonly secret: string
  /** The secret of the call before it, whose place stands if this one is not executed. */
  readonly earlier: string | undefined
  /** The owner has called again since: the message is a hint and no more. */
  superseded: boolean
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
  const bySecret = new Map<string, Expectation>()
  const byOwner = new Map<string, Expectation>()
  let subscription: Promise<() => Promise<void>> | undefined
  let listening: Listening | undefined
  let standing = false

  const emit = (turn: Turn): void => {
    for (const { onTurn } of watchers) onTurn(turn)
  }

  const onMessage = (channel: string, message: string): void => {
    if (channel === taken) return emit({ type: 'taken', name: fromStored(message), owner: null })
    const [secret = '', fence = ''] = message.split(' ')
    const expectation = bySecret.get(secret)
    if (expectation === undefined) return
    const { turn, superseded } = expectation
    if (superseded) bySecret.delete(secret)
    else forget(turn.owner)
    emit(superseded ? turn : { ...turn, granted: { fence: Number(fence) } })
  }

  const onStanding = (now: boolean): void => {
    if (now === standing) return
    standing = now
    for (const watcher of watchers) watcher.onStanding?.(now)
  }

  const subscribe = async (): Promise<() => Promise<void>> => {
    const now = await listen([inbox, taken], onMessage, onStanding).catch((error: unknown) => {
      subscription = undefined
      throw error
    })
    listening = now
    standing = now.isStanding?.() ?? true
    return async () => {
      standing = false
      subscription = undefined
      listening = undefined
      await now.end()
    }
  }

  const need = (): void => listening?.need?.()

  const forget = (owner: string): void => {
    const expectation = byOwner.get(owner)
    if (expectation === undefined) return
    byOwner.delete(owner)
    bySecret.delete(expectation.secret)
    if (expectation.earlier !== undefined) bySecret.delete(expectation.earlier)
  }

  return {
    expect: (name, owner) => {
      if (!standing) {
        need()
        return undefined
      }
      const before = byOwner.get(owner)
      if (before?.earlier !== undefined) bySecret.delete(before.earlier)
      if (before !== undefined) before.superseded = true
      const secret = crypto.randomUUID()
      const turn: TurnGranted = { type: 'turn', name, owner }
      const expectation = { turn, secret, earlier: before?.secret, superseded: false }
      byOwner.set(owner, expectation)
      bySecret.set(secret, expectation)
      return { inbox, secret }
    },
    onNotExecuted: (owner, { secret }) => {
      const expectation = byOwner.get(owner)
      if (expectation?.secret !== secret) return
      bySecret.delete(secret)
      const earlier = expectation.earlier === undefined ? undefined : bySecret.get(expectation.earlier)
      if (earlier === undefined) byOwner.delete(owner)
      else byOwner.set(owner, earlier)
    },
    forget,
    need,
    watch: async (onTurn, standingChanged) => {
      // An object of its own, so that watching twice with one function is two watches.
      const watcher: Watcher = { onTurn, onStanding: standingChanged }
      watchers.add(watcher)
      try {
        subscription ??= subscribe()
        const end = await subscription
        // Another watch began the subscription, and its connection may be gone at this moment.
        if (!standing) standingChanged?.(false)
        return async () => {
          if (watchers.delete(watcher) && watchers.size === 0) await end()
        }
      } catch (error) {
        watchers.delete(watcher)
        throw error
      }
    },
  }
}
