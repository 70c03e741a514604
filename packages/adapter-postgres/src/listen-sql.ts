import type { HintSource, Subscriber, SubscriberEvents } from '@holdfast/core/backend'
import { memberOf, type UnsafeClient } from './client.js'
import { listenStatement } from './listen-pool.js'

/** The members of `Sql` of postgres that are used. It listens on one connection beside its others. */
export interface SqlListener extends UnsafeClient {
  readonly listen: ListenFunction
}

interface ListenFunction {
  (channel: string, onMessage: (message: string) => void): PromiseLike<unknown>
  /** The client of that connection. `listen` makes another one where there is none. */
  sql?: ListeningClient | undefined
  /** The listeners of each channel. A channel stays here when its `LISTEN` was refused, and is then never sent again. */
  readonly channels?: Record<string, { listeners: readonly { readonly fn: unknown }[] }>
}

interface ListeningClient extends UnsafeClient {
  /** `listen` sets `onclose`, which connects again for the channels. */
  readonly options?: { readonly onclose?: OnClose }
  end(): Promise<unknown>
}

type OnClose = ((id: number) => void) | undefined

const onClose = ({ options }: ListeningClient, onclose: OnClose): unknown =>
  options && Object.assign(options, { onclose })

/** For each listening client, settles when all that it was sent has been answered. */
const answered = new WeakMap<ListeningClient, Promise<void>>()

function sent(client: ListeningClient, answer: PromiseLike<unknown>): void {
  const all = Promise.allSettled([answered.get(client), answer]).then(() => {})
  answered.set(client, all)
}

/** Asks a client for an answer. Resolves to whether the client of the caller has been ended, and never rejects. */
type AskIfEnded = (client: UnsafeClient) => Promise<boolean>

/**
 * Attempts to listen by `sql.listen`. That reconnects by itself, and does not say that messages were lost or that it
 * listens no more.
 * @param isUsed whether `sql` executes the statements of the locks, too: one more needs no further connection
 */
export function sourceOfSql(sql: SqlListener, isUsed: boolean): Omit<HintSource, 'isRefusal'> {
  let ended = false
  const ask: AskIfEnded = async (client) => {
    try {
      await client.unsafe('SELECT 1')
    } catch (error) {
      ended ||= memberOf(error, 'code') === 'CONNECTION_ENDED'
    }
    return ended
  }
  return {
    isClosed: () => ended,
    openSubscriber: (events) => subscriberOf(sql, events, { ask, isUsed }),
  }
}

function subscriberOf(
  client: SqlListener,
  { onMessage, onEnd }: SubscriberEvents,
  { ask, isUsed }: { readonly ask: AskIfEnded; readonly isUsed: boolean },
): Required<Subscriber> {
  const { listen } = client
  const channels = new Map<string, unknown>()
  let closed = false
  let stood = false
  let unhook: (() => void) | undefined

  const run = async (verb: string, names: Iterable<string>): Promise<void> => {
    const { sql } = listen
    if (sql === undefined) return
    const answer = sql.unsafe(listenStatement(verb, names))
    sent(sql, answer)
    await answer
  }
  const endIf = async (ended: Promise<boolean>): Promise<void> => {
    if (await ended) onEnd(new Error('the client was ended'))
  }
  const hook = (sql: ListeningClient): void => {
    if (unhook !== undefined) return
    const reconnect = sql.options?.onclose
    unhook = () => onClose(sql, reconnect)
    onClose(sql, (id) => {
      // No other attempt is made when the owner has ended the client.
      sent(sql, ask(sql))
      onEnd(new Error('the connection for notifications has ended'))
      reconnect?.(id)
    })
  }
  const listenTo = async (channel: string): Promise<void> => {
    const receive = (message: string): void => onMessage(message, channel)
    channels.set(channel, receive)
    const listening = listen(channel, receive)
    const { sql } = listen
    if (sql !== undefined) {
      hook(sql)
      sent(sql, listening)
    }
    await listening
  }
  /** `unlisten` of the client finds no listener after a reconnect, and there is none after a failure. */
  const forget = (names: readonly string[]): void => {
    const { channels: all = {} } = listen
    for (const name of names) {
      const entry = all[name]
      if (entry !== undefined) entry.listeners = entry.listeners.filter(({ fn }) => fn !== channels.get(name))
      if (entry?.listeners.length === 0) delete all[name]
      channels.delete(name)
    }
  }
  /** The owner of the client may listen by the same connection. */
  const isShared = (): boolean => Object.keys(listen.channels ?? {}).length > 0

  return {
    connect: async () => {},
    subscribe: async (more) => {
      // Channels come one after the other: what waits in the client behind a LISTEN that fails is tried again, much later.
      for (const channel of more) {
        if (closed) throw new Error('the attempt was ended')
        await listenTo(channel)
      }
      stood = true
      // A client that was ended before it listened connects all the same, and would not end the connection.
      if (isUsed) void endIf(ask(client))
    },
    unsubscribe: (less) => {
      forget(less)
      return run('UNLISTEN', less)
    },
    // Changes nothing.
    check: () => run('LISTEN', channels.keys()),
    close: () => {
      closed = true
      unhook?.()
      const { sql } = listen
      const names = [...channels.keys()]
      forget(names)
      if (sql === undefined) return
      const leave = (): void => {
        if (listen.sql !== sql) return
        listen.sql = undefined
        onClose(sql, undefined)
      }
      const end = async (): Promise<void> => {
        if (isShared()) return run('UNLISTEN', names)
        // The next attempt is made by another client, unless this one still connects.
        if (stood) leave()
        // A client that is made to end before all is answered connects for the rest, and stays connected.
        await answered.get(sql)
        if (listen.sql === sql && isShared()) return
        leave()
        await sql.end()
      }
      end().catch(() => {})
    },
  }
}
