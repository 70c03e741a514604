/** A client, as far as its connection for notifications needs it. */
export interface HintSource {
  /** Whether the owner of the client has closed it, or the client has given up. */
  isClosed(): boolean
  /** Whether the server refused the attempt, and would refuse the next one: a user without the right to log in. */
  isRefusal(error: unknown): boolean
  /** Prepares an attempt; nothing is sent before {@link Subscriber.connect}. `undefined`: the client cannot. */
  openSubscriber(events: SubscriberEvents): Subscriber | undefined
}

/** The events of a {@link Subscriber} for its owner. Both may be called at any time, also after `close`. */
export interface SubscriberEvents {
  onMessage(message: string, channel: string): void
  /** The connection has ended, or will not come to stand. */
  onEnd(error: unknown): void
}

/**
 * An attempt at a connection for notifications. It does not reconnect, does not subscribe again and does not keep the
 * process alive: whoever opened it opens another one. Nothing of it rejects but the promises that its methods return.
 */
export interface Subscriber {
  /** Connects, once, with the credentials that the client has at this moment. */
  connect(): Promise<void>
  subscribe(channels: readonly string[]): Promise<void>
  unsubscribe(channels: readonly string[]): Promise<void>
  /**
   * A round trip, which is made at an interval: a connection that does not answer in time is made anew. Absent: the
   * connection is believed to stand until it ends or a message is missed.
   */
  check?(): Promise<unknown>
  /** Ends it at once, at whatever moment. Never throws. */
  close(): void
}
