import type { HintSource, Subscriber, SubscriberEvents } from './source.js'

/** A source whose answers may be asked for in a timer, where no call waits that could be given an error. */
export interface GuardedSource extends Pick<HintSource, 'isClosed' | 'isRefusal'> {
  /** Throws where the source throws, or answers none. */
  openSubscriber(events: SubscriberEvents): Subscriber
}

/** A source of another author may throw at once. */
export const guardSource = (source: HintSource): GuardedSource => ({
  isClosed: () => isTrue(() => source.isClosed()),
  isRefusal: (error) => isTrue(() => source.isRefusal(error)),
  openSubscriber: (events) => {
    const subscriber = source.openSubscriber(events)
    if (subscriber === undefined) throw new Error('the client cannot listen')
    return subscriber
  },
})

function isTrue(ask: () => boolean): boolean {
  try {
    return ask()
  } catch {
    return false
  }
}
