import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'

// Core takes the clock of the platform when it is loaded, so that the fake timers must be there before.
vi.hoisted(() => {
  vi.useFakeTimers()
  vi.resetModules()
})

import {
  type HintSource,
  listenForHints,
  type Listening,
  type Subscriber,
  type SubscriberEvents,
} from '../../src/backend-parts.js'

afterEach(() => vi.clearAllTimers())
afterAll(() => {
  vi.useRealTimers()
  vi.resetModules()
})

const thrown = (): never => {
  throw new Error('of the source')
}

/** A source, with the events of its present connection. */
function sourceOf(parts: Partial<HintSource> = {}, subscriber: Partial<Subscriber> = {}) {
  const none = async (): Promise<void> => {}
  const present: { events?: SubscriberEvents } = {}
  const source: HintSource = {
    isClosed: () => false,
    isRefusal: () => false,
    openSubscriber: (events) => {
      present.events = events
      return { connect: none, subscribe: none, unsubscribe: none, close: () => {}, ...subscriber }
    },
    ...parts,
  }
  return { source, end: () => present.events?.onEnd(new Error('cut')) }
}

const listen = (client: object, source: HintSource, channel = 'a'): Promise<Listening> =>
  listenForHints(client, source, { channels: [channel], onMessage: () => {}, onStanding: () => {} })

// An error that nobody catches fails a test.
describe('a source of another author', () => {
  test.each([
    ['throws', thrown],
    ['answers none', () => undefined],
  ])('whose next connection %s once is asked again', async (_, fault) => {
    const { source, end } = sourceOf()
    const open = source.openSubscriber.bind(source)
    const attempts = vi
      .fn<HintSource['openSubscriber']>(open)
      .mockImplementationOnce(open)
      .mockImplementationOnce(fault)
    const listening = await listen({}, { ...source, openSubscriber: attempts })
    end()
    expect(listening.isStanding()).toBe(false)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(listening.isStanding()).toBe(true)
    listening.end()
  })

  test('whose first connection throws makes the listener wait for the next', async () => {
    const { source } = sourceOf()
    const attempts = vi
      .fn<HintSource['openSubscriber']>(source.openSubscriber.bind(source))
      .mockImplementationOnce(thrown)
    const listening = listen({}, { ...source, openSubscriber: attempts })
    await vi.advanceTimersByTimeAsync(4_000)
    expect((await listening).isStanding()).toBe(true)
  })

  test('that throws when it is asked whether it is closed, or refused, counts as neither', async () => {
    const { source, end } = sourceOf({ isClosed: thrown, isRefusal: thrown })
    const listening = await listen({}, source)
    await vi.advanceTimersByTimeAsync(2_000)
    end()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(listening.isStanding()).toBe(true)
    listening.end()
  })

  test('that throws when a further channel is subscribed, or one is no longer wanted, is made anew', async () => {
    const subscribe = vi.fn<Subscriber['subscribe']>(async () => {}).mockImplementationOnce(async () => {})
    const { source } = sourceOf({}, { subscribe, unsubscribe: thrown })
    const client = {}
    const first = await listen(client, source, 'a')
    subscribe.mockImplementationOnce(thrown)
    const second = listen(client, source, 'b')
    await vi.advanceTimersByTimeAsync(4_000)
    expect((await second).isStanding()).toBe(true)
    first.end()
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await second).isStanding()).toBe(true)
  })
})
