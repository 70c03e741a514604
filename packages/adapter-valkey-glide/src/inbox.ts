import type { SubscriberEvents } from '@holdfast/core/redis'
import type { GlideListener } from './client.js'

/** Receives the messages of some channels, and the end of them all. */
export interface Reader extends SubscriberEvents {
  readonly channels: ReadonlySet<string>
}

/** The messages of one client, for all that subscribe by it, at once or one after the other. */
export interface Inbox {
  add(reader: Reader): void
  /** Whether it was there. */
  remove(reader: Reader): boolean
  isRead(channel: string): boolean
  /** Registers an unsubscription that is under way. */
  ending(unsubscription: Promise<unknown>): Promise<unknown>
  /** Waits for the unsubscriptions under way. Never rejects. */
  ended(): Promise<unknown>
}

const inboxes = new WeakMap<GlideListener, Inbox>()

/**
 * A call for the next message cannot be taken back: a caller that is gone by then would swallow the message. So there
 * is one call at a time for each client, which outlives those that read.
 */
export function inboxOf(listener: GlideListener): Inbox {
  let inbox = inboxes.get(listener)
  if (inbox === undefined) {
    inbox = createInbox(listener)
    inboxes.set(listener, inbox)
  }
  return inbox
}

function createInbox(listener: GlideListener): Inbox {
  const readers = new Set<Reader>()
  let ends: Promise<unknown> = Promise.resolve()
  let calling = false

  const call = async (): Promise<void> => {
    const message = await listener.getPubSubMessage()
    const channel = String(message.channel)
    for (const reader of [...readers])
      if (reader.channels.has(channel)) reader.onMessage(String(message.message), channel)
  }

  const receive = async (): Promise<void> => {
    calling = true
    try {
      for (;;) await call()
    } catch (error) {
      calling = false
      // The client was closed: no message arrives any more, and waiters go on polling.
      for (const reader of [...readers]) reader.onEnd(error)
    }
  }

  return {
    add: (reader) => {
      readers.add(reader)
      if (!calling) void receive()
    },
    remove: (reader) => readers.delete(reader),
    ending: (unsubscription) => {
      ends = Promise.allSettled([ends, unsubscription])
      return unsubscription
    },
    ended: () => ends,
    isRead: (channel) => [...readers].some(({ channels }) => channels.has(channel)),
  }
}
