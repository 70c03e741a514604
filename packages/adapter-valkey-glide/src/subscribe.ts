import type { Subscriber, SubscriberEvents } from '@holdfast/core/redis'
import type { GlideListener } from './client.js'
import { inboxOf } from './inbox.js'

/** Notifications are not worth waiting longer for: without them, waiters poll. */
const TIMEOUT_MS = 5_000

/** Subscribes by a client of the caller that is there for it alone, which reconnects by itself and stays open. */
export function subscriberOf(listener: GlideListener, { onMessage, onEnd }: SubscriberEvents): Subscriber {
  const inbox = inboxOf(listener)
  const reader = { channels: new Set<string>(), onMessage, onEnd }
  let closed = false
  const unsubscribe = async (some: readonly string[]): Promise<void> => {
    for (const channel of some) reader.channels.delete(channel)
    const unread = some.filter((channel) => !inbox.isRead(channel))
    if (unread.length > 0) await inbox.ending(listener.unsubscribe(unread, TIMEOUT_MS))
  }
  return {
    connect: async () => inbox.add(reader),
    subscribe: async (more) => {
      // Before the command: from now on no other subscriber ends what this one needs.
      for (const channel of more) reader.channels.add(channel)
      // GLIDE confirms a channel that it still reads at once, although an unsubscription under way then ends it.
      await inbox.ended()
      if (closed) return
      await listener.subscribe(more, TIMEOUT_MS)
    },
    unsubscribe,
    close: () => {
      closed = true
      if (inbox.remove(reader)) unsubscribe([...reader.channels]).catch(() => {})
    },
  }
}
