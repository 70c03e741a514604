import type { AcquireOutcome, Claim, Turn, TurnGranted, Unwatch } from '../backend.js'
import { systemClock } from '../clock.js'
import { hintConnectionOf } from '../hints/shared.js'
import type { Listener } from '../hints/connection.js'
import { createStandingWait } from '../hints/standing-wait.js'
import { setQuietTimer } from '../hints/timers.js'
import { hintSourceOf } from './hint-source.js'
import type { RedisTransport } from './transport.js'

/**
 * Where a backend is notified that one of its waiting owners was granted a name: one channel for each client and
 * prefix, so that a release wakes only the processes whose waiters were granted the name. A message is '<secret> <fence>'. The secret is known to one
 * `acquire` call and the store, and used once, so that a message which carries it is the store's own word, and newer
 * than that call: one that was read late, after the grant had passed, must not count for the call made since.
 */
export interface Inbox {
  /** The channel, while it is subscribed for a watch of this backend. */
  channel(): string | undefined
  /** A lease is taken or kept: a watch that has been given up is tried again, for its holder wants notifications too. */
  need(): void
  /** The secret that the store is to send when, after the call about to be made, it is this owner's turn. */
  issueSecret(claim: Claim): string
  /** The call for which the secret was issued was answered. */
  onOutcome(owner: string, outcome: AcquireOutcome): void
  /** The call for which the secret was issued was not executed: the place that the call before it got still stands. */
  onNotExecuted(owner: string): void
  revokeSecret(owner: string): void
  watch(onTurn: (turn: Turn) => void, onStanding?: (standing: boolean) => void): Promise<Unwatch>
}

/**
 * Where all backends with one prefix are notified of names that were taken by force. A message is such a name: no secret,
 * and harmless from whomever, since it makes its holder ask and no more. It may concern another keyPrefix or database.
 */
export const takenChannel = (prefix: string): string => `${prefix}turn:lost`

/** The request to the store for one owner, and its outcome. */
interface Expectation {
  readonly secret: string
  readonly turn: TurnGranted
  /** The connection on which the message would arrive. */
  readonly connection: unknown
  /** When the place in line ends at the latest, on the monotonic clock. */
  readonly placedUntil: number
  readonly previous: Expectation | undefined
  /** The owner has called again since, perhaps without being heard: its message is a hint and no more. */
  readonly superseded: boolean
  /** The store keeps a place, and will send the secret. */
  placed: boolean
  arrived: boolean
}

interface Watcher {
  readonly onTurn: (turn: Turn) => void
  readonly onStanding: ((standing: boolean) => void) | undefined
  /** Its `watch` has resolved: from now on it is notified of changes. */
  active: boolean
}

/** How much later than the answer to a claim a message may arrive that the store sent before it answered. */
const OVERDUE_MS = 1_000

export function createInbox(transport: RedisTransport, prefix: string): Inbox {
  const hints = hintConnectionOf(transport.client ?? transport, hintSourceOf(transport))
  const channel = `${prefix}turn:${hints.id}`
  const taken = takenChannel(prefix)
  const watchers = new Set<Watcher>()
  const bySecret = new Map<string, Expectation>()
  const byOwner = new Map<string, Expectation>()
  const wait = createStandingWait()

  const listener: Listener = {
    channels: [channel, taken],
    onMessage: (message, from) => {
      if (from === taken) return notify({ type: 'taken', name: message, owner: null })
      const [secret = '', fence = ''] = message.split(' ')
      const expectation = bySecret.get(secret)
      if (expectation === undefined) return
      expectation.arrived = true
      bySecret.delete(secret)
      if (expectation.superseded) return notify(expectation.turn)
      revokeSecret(expectation.turn.owner)
      notify({ ...expectation.turn, granted: { fence: fence === '' ? null : Number(fence) } })
    },
    onStanding: (standing) => {
      if (standing) wait.resolveAll()
      for (const { active, onStanding } of [...watchers]) if (active) onStanding?.(standing)
    },
    onRefused: (error) => wait.rejectAll(error),
  }

  const notify = (turn: Turn): void => {
    for (const { onTurn } of [...watchers]) onTurn(turn)
  }

  const revokeSecret = (owner: string): void => {
    const expectation = byOwner.get(owner)
    if (expectation === undefined) return
    byOwner.delete(owner)
    for (const each of [expectation, expectation.previous]) if (each !== undefined) bySecret.delete(each.secret)
  }

  /** The store sends the secret with the grant of a place, also when the owner learns of the grant by asking. */
  const expectArrival = (expectation: Expectation): void => {
    bySecret.set(expectation.secret, expectation)
    setQuietTimer(() => {
      if (bySecret.delete(expectation.secret)) hints.suspect(expectation.connection)
    }, OVERDUE_MS)
  }

  return {
    channel: () => {
      if (watchers.size === 0) return undefined
      if (hints.isStanding(listener)) return channel
      hints.need()
      return undefined
    },
    need: () => {
      if (watchers.size > 0) hints.need()
    },
    issueSecret: ({ name, owner, lineMs = 0 }) => {
      const previous = byOwner.get(owner)
      if (previous?.previous !== undefined) bySecret.delete(previous.previous.secret)
      const expectation: Expectation = {
        secret: crypto.randomUUID(),
        turn: { type: 'turn', name, owner },
        connection: hints.current(),
        placedUntil: systemClock.now() + lineMs,
        previous: previous && { ...previous, previous: undefined, superseded: true },
        superseded: false,
        placed: false,
        arrived: false,
      }
      if (expectation.previous !== undefined) bySecret.set(expectation.previous.secret, expectation.previous)
      byOwner.set(owner, expectation)
      bySecret.set(expectation.secret, expectation)
      return expectation.secret
    },
    onOutcome: (owner, outcome) => {
      const expectation = byOwner.get(owner)
      if (expectation === undefined) return
      if (!outcome.acquired) {
        expectation.placed = outcome.ahead !== null
        return
      }
      const { previous } = expectation
      revokeSecret(owner)
      if (previous?.placed === true && !previous.arrived && systemClock.now() < previous.placedUntil)
        expectArrival(previous)
    },
    onNotExecuted: (owner) => {
      const expectation = byOwner.get(owner)
      const previous = expectation?.previous
      if (expectation !== undefined) bySecret.delete(expectation.secret)
      if (previous === undefined) byOwner.delete(owner)
      else byOwner.set(owner, previous)
    },
    revokeSecret,
    watch: async (onTurn, onStanding) => {
      const watcher: Watcher = { onTurn, onStanding, active: false }
      watchers.add(watcher)
      const end = async (): Promise<void> => {
        if (watchers.delete(watcher) && watchers.size === 0) hints.remove(listener)
      }
      if (watchers.size === 1) hints.add(listener)
      else hints.need()
      try {
        const refusal = hints.refusal()
        if (refusal !== undefined) throw refusal.error
        if (!hints.isStanding(listener)) await wait.start()
      } catch (error) {
        await end()
        throw error
      }
      watcher.active = true
      return end
    },
  }
}
