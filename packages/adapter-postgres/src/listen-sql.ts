import type { HintSource, Subscriber, SubscriberEvents } from '@holdfast/core/backend'
import { memberOf, type UnsafeClient } from './client.js'
import { listenStatement } from './listen-pool.js'

/** The members of `Sql` of postgres that are used. It listens on one connection beside its others. */
export interface SqlListener extends UnsafeClient {
  readonly listen: ListenFunction
}

interface ListenFunction {
  (
    channel: string,
    onMessage: (message: string) => void,
    onListening: () => void,
  ): PromiseLike<{ readonly state?: Session }>
  /** The client of that connection. `listen` makes another one where there is none. */
  sql?: (UnsafeClient & { end(): Promise<unknown> }) | undefined
  /** Who listens to what. A channel stays here when its `LISTEN` was refused, and is then never sent again. */
  readonly channels?: Record<string, { readonly result?: unknown; listeners: readonly { readonly fn: unknown }[] }>
}

/** The session on that connection. The client writes the values of the next session into the same object. */
interface Session {
  readonly secret?: unknown
}

/**
 * Attempts to listen by `sql.listen`. That reconnects by itself, and tells nobody that messages were lost or that it
 * listens no more.
 * @param isUsed whether `sql` executes the statements of the locks, too: one more needs no further connection
 */
export function sourceOfSql(sql: SqlListener, isUsed: boolean): Omit<HintSource, 'isRefusal'> {
  let ended = false
  const noteEnd = (error: unknown): never => {
    ended ||= memberOf(error, 'code') === 'CONNECTION_ENDED'
    throw error
  }
  return {
    isClosed: () => ended,
    openSubscriber: (events) => {
      const subscriber = subscriberOf(sql.listen, events)
      const subscribe = async (more: readonly string[]): Promise<void> => {
        await subscriber.subscribe(more).catch(noteEnd)
        // A client that was ended before this makes the connection all the same, and would not end it.
        const onEnd = (error: unknown): void => void (ended && events.onEnd(error))
        if (isUsed) sql.unsafe('SELECT 1').then(undefined, noteEnd).then(undefined, onEnd)
      }
      return { ...subscriber, subscribe, check: () => subscriber.check().catch(noteEnd) }
    },
  }
}

function subscriberOf(listen: ListenFunction, { onMessage, onEnd }: SubscriberEvents): Required<Subscriber> {
  const channels = new Map<string, unknown>()
  let closed = false
  let session: Session | undefined
  let secret: unknown

  const look = (): void => {
    if (session?.secret !== secret) onEnd(new Error('the connection for notifications was made anew'))
  }
  /** Settles when all that was sent has been answered. */
  let idle: Promise<unknown> = Promise.resolve()
  const sent = <Answer>(answer: PromiseLike<Answer>): PromiseLike<Answer> => {
    idle = Promise.allSettled([idle, answer]).then(() => {})
    return answer
  }
  const run = async (verb: string, names: Iterable<string>): Promise<void> => {
    if (listen.sql !== undefined) await sent(listen.sql.unsafe(listenStatement(verb, names)))
  }
  const listenTo = (channel: string): ReturnType<ListenFunction> => {
    const receive = (message: string): void => onMessage(message, channel)
    channels.set(channel, receive)
    return sent(listen(channel, receive, look))
  }
  /** `unlisten` of the client does not find a listener after a reconnect, and there is none after a failure. */
  const forget = (names: readonly string[]): void => {
    const { channels: all = {} } = listen
    for (const name of names) {
      const entry = all[name]
      if (entry !== undefined) entry.listeners = entry.listeners.filter(({ fn }) => fn !== channels.get(name))
      if (entry?.listeners.length === 0) delete all[name]
      channels.delete(name)
    }
  }

  return {
    connect: async () => {},
    subscribe: async (more) => {
      // One after the other: what waits in the client behind a LISTEN that fails is tried again, much later.
      for (const channel of more) {
        if (closed) throw new Error('the attempt was ended')
        session = (await listenTo(channel)).state
        secret ??= session?.secret
      }
    },
    unsubscribe: (less) => {
      forget(less)
      return run('UNLISTEN', less)
    },
    // Changes nothing where all is well, and is refused where a LISTEN after a reconnect was.
    check: async () => {
      await run('LISTEN', channels.keys())
      look()
    },
    close: () => {
      closed = true
      const names = [...channels.keys()]
      const again = names.map((name) => listen.channels?.[name]?.result)
      forget(names)
      const { sql, channels: others = {} } = listen
      if (Object.keys(others).length > 0) {
        // The owner of the client listens by the same connection.
        run('UNLISTEN', names).catch(() => {})
        return
      }
      // The next attempt begins with a client that has no delay from earlier failures.
      listen.sql = undefined
      // A client that is made to end before all is answered connects for the rest, and stays connected.
      Promise.allSettled([idle, ...again])
        .then(() => sql?.end())
        .catch(() => {})
    },
  }
}
