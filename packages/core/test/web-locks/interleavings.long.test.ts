import { describe, expect, test } from 'vitest'
import { createLocker, type LockerOptions, toLockManager } from '../../src/index.js'
import { internalsOf } from '../../src/internals.js'
import { faultyBackend } from '../support/backend.js'
import { microtasks, virtualClock } from '../support/clock.js'
import { hangs, hangsAfter, pass, replyLost, requestLost, slow, type Fault } from '../support/faults.js'

const never = (): Promise<never> => new Promise(() => {})

function stage(options: Partial<LockerOptions> = {}) {
  const clock = virtualClock()
  const backend = faultyBackend(clock)
  const locks = createLocker({ backend, clock, ...options })
  const other = createLocker({ backend: backend.store, clock, ...options })
  return { clock, backend, locks, other, mine: toLockManager(locks), theirs: toLockManager(other) }
}

const faults: readonly (readonly [string, Fault])[] = [
  ['passes', pass],
  ['slow there', slow(20)],
  ['slow back', slow(0, 20)],
  ['reply lost', replyLost],
  ['request lost', requestLost],
  ['hangs', hangs],
  ['hangs after', hangsAfter],
  ['late', slow(5_000)],
]

const after = async (clock: ReturnType<typeof virtualClock>, when: number): Promise<void> => {
  if (when < 40) return microtasks(when)
  await clock.advance(when - 40)
}
const moments = [...Array.from({ length: 30 }, (_, i) => i), 41, 50, 59, 60, 61, 70, 80, 500, 3_400, 4_000, 6_000]

describe.each(faults)('an acquire that %s, its release too', (_, fault) => {
  test.each(['alone', 'behind another'] as const)(
    'aborted at any moment, %s: the reason, nothing is left',
    async (how) => {
      const wrong: unknown[] = []
      for (const when of moments) {
        const { clock, backend, mine, theirs, other, locks } = stage()
        backend.next('acquire', fault)
        let free = (): void => {}
        if (how !== 'alone') {
          void theirs.request('name', () => new Promise<void>((resolve) => (free = resolve)))
          await clock.advance(5)
        }
        backend.next('release', fault)
        const controller = new AbortController()
        const reason = { when }
        let calls = 0
        let isAborted = false
        let calledAfter = false
        let end: unknown = 'pending'
        void mine
          .request('name', { signal: controller.signal }, () => {
            calls++
            calledAfter = isAborted
            return never()
          })
          .catch((error: unknown) => (end = error))
        await after(clock, when)
        controller.abort(reason)
        isAborted = true
        await microtasks(5)
        if (calls === 0 ? end !== reason : end !== 'pending') wrong.push({ when, calls, end })
        if (calledAfter) wrong.push({ when, calledAfter })
        await clock.advance(100)
        free()
        await clock.advance(30_000)
        if (calls === 0) {
          const { held, pending } = await other.query()
          if (held.length + pending.length > 0) wrong.push({ when, held, pending })
        }
        let closed = false
        void locks.close().then(() => (closed = true))
        await clock.advance(60_000)
        const { held, pending } = await other.query()
        if (!closed || held.length + pending.length > 0) wrong.push({ when, closed, held, pending })
        await other.close()
        if (clock.pending() > 0) wrong.push({ when, timers: clock.pending() })
      }
      expect(wrong).toEqual([])
    },
  )

  test('closed at any moment: all settle, nothing is left', async () => {
    const wrong: unknown[] = []
    for (const when of moments) {
      const { clock, backend, mine, other, locks } = stage()
      backend.next('acquire', fault, fault)
      backend.next('release', fault)
      const ends: string[] = []
      const track = (what: string, promise: Promise<unknown>): void =>
        void promise.then(
          () => ends.push(what),
          () => ends.push(what),
        )
      track(
        'a',
        mine.request('name', () => clockPause(clock, 10)),
      )
      track(
        'b',
        mine.request('name', () => clockPause(clock, 10)),
      )
      track(
        'steal',
        mine.request('other', { steal: true }, () => clockPause(clock, 10)),
      )
      track(
        'if',
        mine.request('name', { ifAvailable: true }, () => 1),
      )
      track('query', mine.query())
      await after(clock, when)
      let closed = false
      void locks.close().then(() => (closed = true))
      await clock.advance(60_000)
      if (ends.length < 5 || !closed) wrong.push({ when, ends, closed })
      const { held, pending } = await other.query()
      if (held.length + pending.length > 0) wrong.push({ when, held, pending })
      await other.close()
      if (clock.pending() > 0) wrong.push({ when, timers: clock.pending() })
    }
    expect(wrong).toEqual([])
  })
})

const clockPause = (clock: ReturnType<typeof virtualClock>, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimeout(resolve, ms))

test('10,000 requests with one signal, aborted or not, leave nothing behind', async () => {
  const { clock, mine, locks, backend } = stage()
  let added = 0
  const controller = new AbortController()
  const { signal } = controller
  const { addEventListener } = signal
  signal.addEventListener = function (this: AbortSignal, ...args: Parameters<typeof addEventListener>) {
    added++
    return addEventListener.apply(this, args)
  } as typeof addEventListener
  const all = Array.from({ length: 10_000 }, (_, i) => mine.request(`n${i % 100}`, { signal }, () => i))
  await clock.until(Promise.all(all))
  const engine = internalsOf.get(locks)?.engine
  expect([engine?.names.all().length, engine?.acquisitions.size, engine?.background.size]).toEqual([0, 0, 0])
  expect(added).toBeLessThan(1000)
  expect(backend.calls('acquire').length).toBeLessThan(30_000)
  const blocker = mine.request('x', never).catch(() => {})
  const ends = Array.from({ length: 2_000 }, () =>
    mine.request('x', { signal }, never).catch((error: unknown) => error),
  )
  await clock.advance(100)
  controller.abort('gone')
  expect(new Set(await clock.until(Promise.all(ends)))).toEqual(new Set(['gone']))
  await clock.advance(10_000)
  expect((await clock.until(locks.query())).pending).toEqual([])
  await clock.until(locks.close())
  await blocker
  expect([engine?.names.all().length, engine?.acquisitions.size, engine?.background.size]).toEqual([0, 0, 0])
}, 60_000)

test('odd labels and names: distinguished, and read back as they were', async () => {
  const names = [
    '',
    '\0',
    '%',
    '%0025',
    '%#',
    '%#a',
    '\ud800',
    '\udc00\ud800',
    'a\ud800',
    '\u{1f600}',
    'é',
    'e\u0301',
    '%D800',
    'x'.repeat(5_000),
    `${'x'.repeat(5_000)}%`,
    `${'~'.repeat(3_000)}\ud800`,
    '1:a',
    '~shared',
    '__proto__',
  ]
  for (const label of [
    '',
    '~',
    'a\nb',
    crypto.randomUUID(),
    `5:${crypto.randomUUID()}`,
    '~'.repeat(256),
    'é'.repeat(128),
    `x~${'a'.repeat(32)}`,
  ]) {
    const { clock, mine, backend } = stage({ label })
    for (const name of names) void mine.request(name, never).catch(() => {})
    // The digests of long names take real time, not virtual time.
    while (backend.calls('acquire').length < names.length) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(100)
    const { held } = await clock.until(mine.query())
    expect(held.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    expect(new Set(held.map(({ clientId }) => clientId)).size).toBe(1)
  }
})
