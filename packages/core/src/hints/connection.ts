import { systemClock } from '../clock.js'
import { detached } from './detached.js'
import { guardSource } from './guard-source.js'
import { afterStanding, failed, type Failure, isRefusedForGood, NotReadyInTime, readyWithinMs } from './retry.js'
import { watchForLife } from './sign-of-life.js'
import type { HintSource, Subscriber } from './source.js'
import { setQuietTimer } from './timers.js'

/** Receives what arrives on some channels, and whether messages can arrive there. */
export interface Listener {
  readonly channels: readonly string[]
  onMessage(message: string, channel: string): void
  /** All channels of this listener are subscribed, or are no longer. */
  onStanding(standing: boolean): void
  /** The server refuses, or the client is closed: further attempts would be in vain until something changes. */
  onRefused(error: unknown): void
}

/**
 * The connection for notifications of one client, shared by all backends over it. It stands while there is a listener,
 * is made anew when it ends, and ends with its last listener or with the client.
 */
export interface HintConnection {
  /** Names this connection in the channels of its listeners, as long as the client lives. */
  readonly id: string
  add(listener: Listener): void
  remove(listener: Listener): void
  isStanding(listener: Listener): boolean
  /** Why no attempt will be made before something changes. */
  refusal(): { readonly error: unknown } | undefined
  /** Somebody would listen if the connection stood: tries again where it had given up. */
  need(): void
  /** The standing connection as of now: its identity. */
  current(): unknown
  /** A message that was sent has not arrived on this connection: makes it anew, if it is still the present one. */
  suspect(connection: unknown): void
}

/**
 * - `idle`: nobody listens.
 * - `connecting`: an attempt is under way; `cancel` ends the wait for it.
 * - `standing`: messages arrive on the channels in `live`.
 * - `lost`: the next attempt is made by a timer that `cancel` ends.
 * - `refused`: the server refuses; the next attempt is made at the next need.
 * - `closed`: the client was closed by its owner.
 */
type State =
  | { readonly type: 'idle' | 'closed'; readonly failure: Failure | undefined }
  | { readonly type: 'refused'; readonly failure: Failure }
  | { readonly type: 'lost'; readonly failure: Failure; readonly cancel: () => void }
  | Connecting
  | Standing

interface Connecting {
  readonly type: 'connecting'
  readonly failure: Failure | undefined
  readonly subscriber: Subscriber
  readonly cancel: () => void
}

interface Standing {
  readonly type: 'standing'
  readonly failure: Failure | undefined
  readonly subscriber: Subscriber
  /** Ends the watch for its signs of life. */
  readonly cancel: () => void
  readonly since: number
  readonly live: Set<string>
}

/** How often to look whether the owner of the client has closed it: nothing is attached to it that would say so. */
const LOOK_MS = 500

const CLOSED = { error: new Error('the client is closed') }

export function createHintConnection(foreign: HintSource): HintConnection {
  const source = guardSource(foreign)
  const listeners = new Map<Listener, boolean>()
  let state: State = { type: 'idle', failure: undefined }
  let stopLooking: (() => void) | undefined

  const channels = (): string[] => [...new Set([...listeners.keys()].flatMap((listener) => listener.channels))]

  const isStanding = ({ channels: own }: Listener): boolean => {
    const now = state
    return now.type === 'standing' && own.every((channel) => now.live.has(channel))
  }

  const notify = (): void => {
    for (const [listener, before] of [...listeners]) {
      const standing = isStanding(listener)
      if (standing === before || !listeners.has(listener)) continue
      listeners.set(listener, standing)
      listener.onStanding(standing)
    }
  }

  /** Ends what there is, and goes over to another state. */
  const become = (next: State): void => {
    const before = state
    state = next
    if ('cancel' in before) before.cancel()
    if ('subscriber' in before && !('subscriber' in next && next.subscriber === before.subscriber))
      before.subscriber.close()
    notify()
  }

  const look = (): void => {
    stopLooking = undefined
    if (state.type === 'idle' || state.type === 'closed' || state.type === 'refused') return
    if (source.isClosed()) closeWithClient()
    else stopLooking = setQuietTimer(look, LOOK_MS)
  }

  const closeWithClient = (): void => {
    become({ type: 'closed', failure: state.failure })
    refuse(CLOSED.error)
  }

  const refuse = (error: unknown): void => {
    for (const listener of [...listeners.keys()]) listener.onRefused(error)
  }

  const retryAt = (failure: Failure): void => {
    const cancel = setQuietTimer(connect, Math.max(0, failure.notBefore - systemClock.now()))
    become({ type: 'lost', failure, cancel })
  }

  const fail = (error: unknown): void => {
    const before = state.type === 'standing' ? afterStanding(state.since, state.failure) : state.failure
    const failure = failed(error, source.isRefusal(error), before)
    if (listeners.size === 0) become({ type: 'idle', failure })
    else if (isRefusedForGood(failure)) become({ type: 'refused', failure })
    else retryAt(failure)
    if (failure.refusals > 0) refuse(error)
  }

  const connect = (): void => {
    if (source.isClosed()) return closeWithClient()
    stopLooking ??= setQuietTimer(look, LOOK_MS)
    const { failure } = state
    const opened: { subscriber?: Subscriber | undefined } = {}
    const isCurrent = (): boolean => 'subscriber' in state && state.subscriber === opened.subscriber
    const onEnd = (error: unknown): void => void (isCurrent() && fail(error))
    const onMessage = (message: string, channel: string): void => void (isCurrent() && deliver(message, channel))
    let subscriber: Subscriber
    try {
      subscriber = source.openSubscriber({ onEnd, onMessage })
    } catch (error) {
      return fail(error)
    }
    opened.subscriber = subscriber
    const cancel = setQuietTimer(() => onEnd(new NotReadyInTime()), readyWithinMs(failure))
    become({ type: 'connecting', failure, subscriber, cancel })
    const wanted = channels()
    const attempt = async (): Promise<void> => {
      await subscriber.connect()
      await subscriber.subscribe(wanted)
    }
    detached(() => void attempt().then(() => void (isCurrent() && stand(subscriber, wanted)), onEnd))
  }

  const stand = (subscriber: Subscriber, subscribed: readonly string[]): void => {
    const { failure } = state
    const cancel = watchForLife(subscriber, (error) => {
      if (state.type === 'standing' && state.subscriber === subscriber) fail(error)
    })
    const since = systemClock.now()
    become({ type: 'standing', failure, subscriber, cancel, since, live: new Set(subscribed) })
    adjust()
  }

  /** Subscribes to what is wanted besides, and unsubscribes from what is wanted no more. */
  const adjust = (): void => {
    if (state.type !== 'standing') return
    const { subscriber, live } = state
    const wanted = channels()
    const more = wanted.filter((channel) => !live.has(channel))
    const less = [...live].filter((channel) => !wanted.includes(channel))
    for (const channel of less) live.delete(channel)
    // A connection that cannot even do this is found out otherwise.
    if (less.length > 0) void (async () => subscriber.unsubscribe(less))().catch(() => {})
    if (more.length === 0) return
    const isCurrent = (): boolean => 'subscriber' in state && state.subscriber === subscriber
    void (async () => subscriber.subscribe(more))().then(
      () => {
        if (!isCurrent()) return
        const still = channels()
        for (const channel of more) if (still.includes(channel)) live.add(channel)
        notify()
      },
      (error: unknown) => void (isCurrent() && fail(error)),
    )
  }

  const deliver = (message: string, channel: string): void => {
    for (const listener of [...listeners.keys()])
      if (listener.channels.includes(channel)) listener.onMessage(message, channel)
  }

  const need = (): void => {
    const { type, failure } = state
    if (listeners.size === 0 || (type !== 'idle' && type !== 'refused' && type !== 'closed')) return
    if (type === 'closed' && source.isClosed()) return
    const ms = (failure?.notBefore ?? 0) - systemClock.now()
    // A subscription that was refused before there was a listener is tried again for this listener at its time.
    if (ms > 0 && failure !== undefined && type === 'idle') retryAt(failure)
    else if (ms <= 0) connect()
  }

  return {
    id: crypto.randomUUID(),
    isStanding,
    refusal: () => (state.type === 'closed' ? CLOSED : state.type === 'refused' ? state.failure : undefined),
    need,
    add: (listener) => {
      listeners.set(listener, isStanding(listener))
      need()
      adjust()
    },
    remove: (listener) => {
      if (!listeners.delete(listener)) return
      if (listeners.size > 0) return adjust()
      stopLooking?.()
      stopLooking = undefined
      become({ type: 'idle', failure: state.failure })
    },
    current: () => ('subscriber' in state ? state.subscriber : undefined),
    suspect: (connection) => {
      if (state.type === 'standing' && state.subscriber === connection)
        fail(new Error('a notification that was sent did not arrive'))
    },
  }
}
