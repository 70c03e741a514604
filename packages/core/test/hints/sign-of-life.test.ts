import { afterAll, afterEach, expect, test, vi } from 'vitest'

// Core takes the clock of the platform when it is loaded, so that the fake timers must be there before.
vi.hoisted(() => {
  vi.useFakeTimers()
  vi.resetModules()
})

import { listenForHints, type Listening, type Subscriber } from '../../src/backend-parts.js'

const NEVER = new Promise<never>(() => {})
const SECOND = 1_000
const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

afterEach(() => vi.clearAllTimers())
afterAll(() => {
  vi.useRealTimers()
  vi.resetModules()
})

/** Listens through a fake client, whose connections answer a check by `check`. */
async function listening(check: Subscriber['check']) {
  const attempts: { closed: boolean }[] = []
  const standings: boolean[] = []
  const none = async (): Promise<void> => {}
  const source = {
    isClosed: () => false,
    isRefusal: () => false,
    openSubscriber: (): Subscriber => {
      const attempt = { closed: false }
      attempts.push(attempt)
      const close = (): void => void (attempt.closed = true)
      return { connect: none, subscribe: none, unsubscribe: none, close, ...(check && { check }) }
    },
  }
  const listener = {
    channels: ['a'],
    onMessage: () => {},
    onStanding: (stands: boolean) => void standings.push(stands),
  }
  const { end }: Listening = await listenForHints({}, source, listener)
  return { attempts, standings, end }
}

test('a connection that answers is asked every five seconds, and kept', async () => {
  const check = vi.fn<() => Promise<void>>(async () => {})
  const { attempts, standings } = await listening(check)
  await wait(60 * SECOND)
  expect(check).toHaveBeenCalledTimes(12)
  expect([attempts.length, standings]).toEqual([1, []])
})

test.each([
  ['does not answer', () => NEVER],
  ['refuses', () => Promise.reject(new Error('no'))],
  [
    'throws at once',
    () => {
      throw new Error('no')
    },
  ],
])('a connection that %s is made anew within eleven seconds', async (_, answer: () => Promise<void>) => {
  const { attempts, standings } = await listening(
    vi.fn<() => Promise<void>>(async () => {}).mockImplementationOnce(answer),
  )
  await wait(11 * SECOND)
  expect(attempts.map(({ closed }) => closed)).toEqual([true, false])
  expect(standings).toEqual([false, true])
})

test('an answer after four seconds is in time', async () => {
  const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 4 * SECOND))
  const { attempts } = await listening(late)
  await wait(60 * SECOND)
  expect(attempts).toHaveLength(1)
})

test('a connection that is ended is not asked any more, also when its last answer comes later', async () => {
  let answer = (): void => {}
  const check = vi.fn<() => Promise<void>>(() => new Promise<void>((resolve) => (answer = resolve)))
  const { end } = await listening(check)
  await wait(5 * SECOND)
  end()
  answer()
  await wait(60 * SECOND)
  expect(check).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('a connection without a check is left alone', async () => {
  const { attempts } = await listening(undefined)
  await wait(60 * SECOND)
  expect(attempts).toHaveLength(1)
})
