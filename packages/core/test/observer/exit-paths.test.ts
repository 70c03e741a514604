import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { type Lease, type LockerOptions, type LockObserver, toLockManager } from '../../src/index.js'
import { settled } from '../support/clock.js'
import { type Fault, hangs, refused, replyLost } from '../support/faults.js'
import { eventLedger, type Ledger } from '../support/ledger.js'
import { NAME, world, type World } from '../support/world.js'

const scope = new AsyncLocalStorage<string>()

/** A world that lists its events, each with the caller in whose context it was emitted. */
interface Scene extends World {
  readonly events: string[]
  readonly ledger: Ledger
  /** Runs a call in the context of this caller. */
  as<T>(caller: string, call: () => T): T
}

function scene(options: Partial<LockerOptions> = {}, broken: string[] = []): Scene {
  const events: string[] = []
  const ledger = eventLedger({
    fail: (message) => broken.push(message),
    callerNow: () => scope.getStore(),
    onEvent: (hook, event) =>
      events.push(`${hook}${'code' in event ? ` ${String(event.code)}` : ''} by ${scope.getStore() ?? 'nobody'}`),
  })
  return {
    ...world({ observer: ledger.observer, ...options }),
    events,
    ledger,
    as: (caller, call) => scope.run(caller, call),
  }
}

const quietly = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {})
const controller = (): AbortController => new AbortController()

type Path = readonly [title: string, play: (scene: Scene) => Promise<unknown>, events: readonly string[]]

/** An acquisition by one caller, of which each call to the store has this fault. */
const failing =
  (fault: Fault, once: boolean) =>
  async ({ locks, backend, clock, as }: Scene): Promise<void> => {
    backend.always('acquire', fault)
    await clock.until(quietly(as('anna', () => (once ? locks.tryAcquire(NAME) : locks.acquire(NAME, { waitMs: 100 })))))
  }

const PATHS: readonly Path[] = [
  [
    'acquired, and released by another caller',
    async ({ locks, as }) => {
      const lease = await as('anna', () => locks.acquire(NAME))
      await as('ben', () => lease.release())
    },
    ['started by anna', 'acquired by anna', 'released by ben'],
  ],
  [
    'request',
    ({ locks, as }) => as('anna', () => locks.request(NAME, () => 1)),
    ['started by anna', 'acquired by anna', 'released by anna'],
  ],
  [
    'request with a callback that throws',
    ({ locks, as }) => quietly(as('anna', () => locks.request(NAME, () => Promise.reject(new Error('no'))))),
    ['started by anna', 'acquired by anna', 'released by anna'],
  ],
  [
    'tryAcquire that is refused',
    async ({ locks, other, as }) => {
      await other().acquire(NAME)
      await as('anna', () => locks.tryAcquire(NAME))
    },
    ['started by anna', 'contended by anna', 'failed busy by anna'],
  ],
  [
    'request with ifAvailable that is refused',
    async ({ locks, other, as }) => {
      await other().acquire(NAME)
      await as('anna', () => locks.request(NAME, { ifAvailable: true }, () => 1))
    },
    ['started by anna', 'contended by anna', 'failed busy by anna'],
  ],
  [
    'the wait is over in the queue of this process',
    async ({ locks, clock, as }) => {
      await as('ben', () => locks.acquire(NAME))
      await clock.until(quietly(as('anna', () => locks.acquire(NAME, { waitMs: 20 }))))
    },
    ['started by ben', 'acquired by ben', 'started by anna', 'waiting by anna', 'failed busy by anna'],
  ],
  [
    'the wait is over at the store',
    async ({ locks, other, clock, as }) => {
      await other().acquire(NAME)
      await clock.until(quietly(as('anna', () => locks.acquire(NAME, { waitMs: 1, retry: { backoff: () => 5 } }))))
    },
    ['started by anna', 'contended by anna', 'waiting by anna', 'contended by anna', 'failed busy by anna'],
  ],
  [
    'maxAttempts',
    async ({ locks, other, clock, as }) => {
      await other().acquire(NAME)
      await clock.until(quietly(as('anna', () => locks.acquire(NAME, { retry: { maxAttempts: 1 } }))))
    },
    ['started by anna', 'contended by anna', 'failed busy by anna'],
  ],
  [
    'aborted before',
    ({ locks, as }) => quietly(as('anna', () => locks.acquire(NAME, { signal: AbortSignal.abort() }))),
    ['started by anna', 'failed aborted by anna'],
  ],
  [
    'aborted by another caller in the queue of this process',
    async ({ locks, clock, as }) => {
      const { signal, abort } = withAbort()
      await as('ben', () => locks.acquire(NAME))
      const waiting = quietly(as('anna', () => locks.acquire(NAME, { signal })))
      await settled()
      as('ben', abort)
      await clock.until(waiting)
    },
    ['started by ben', 'acquired by ben', 'started by anna', 'waiting by anna', 'failed aborted by anna'],
  ],
  [
    'aborted by another caller while the store does not answer',
    async ({ locks, backend, clock, as }) => {
      const { signal, abort } = withAbort()
      backend.always('acquire', hangs)
      const waiting = quietly(as('anna', () => locks.acquire(NAME, { signal })))
      await settled()
      as('ben', abort)
      await clock.until(waiting)
    },
    ['started by anna', 'failed aborted by anna'],
  ],
  [
    'closed before',
    async ({ locks, as }) => {
      await locks.close()
      await quietly(as('anna', () => locks.acquire(NAME)))
    },
    ['started by anna', 'failed closed by anna'],
  ],
  [
    'closed by another caller, with a waiter and a holder',
    async ({ locks, clock, as }) => {
      await as('ben', () => locks.acquire(NAME))
      const waiting = quietly(as('anna', () => locks.acquire(NAME)))
      await settled()
      await clock.until(as('carl', () => locks.close()))
      await waiting
    },
    [
      ...['started by ben', 'acquired by ben', 'started by anna', 'waiting by anna'],
      ...['lost by nobody', 'failed closed by anna'],
    ],
  ],
  ['refused by the store', failing(refused(false), false), ['started by anna', 'failed backend by anna']],
  ['without a certain answer', failing(replyLost, true), ['started by anna', 'failed indeterminate by anna']],
  ['without any answer', failing(hangs, true), ['started by anna', 'failed indeterminate by anna']],
  [
    'a backoff that answers nonsense',
    async ({ locks, other, clock, as }) => {
      await other().acquire(NAME)
      await clock.until(quietly(as('anna', () => locks.acquire(NAME, { retry: { backoff: () => NaN } }))))
    },
    ['started by anna', 'contended by anna', 'waiting by anna', 'failed error by anna'],
  ],
  [
    'nested in a lease that is lost',
    async ({ locks, clock, as }) => {
      const lease = await as('anna', () => locks.acquire(NAME, { renew: false }))
      await clock.advance(20_000)
      await quietly(as('ben', () => locks.acquire(NAME, { within: lease })))
    },
    ['started by anna', 'acquired by anna', 'lost by nobody', 'started by ben', 'failed lost by ben'],
  ],
  [
    'a reader that asks to write',
    async ({ locks, as }) => {
      const lease = await as('anna', () => locks.acquire(NAME, { mode: 'shared' }))
      await quietly(as('ben', () => locks.acquire(NAME, { within: lease })))
    },
    ['started by anna', 'acquired by anna', 'started by ben', 'failed unsupported by ben'],
  ],
  [
    're-entered',
    async ({ locks, as }) => {
      const outer = await as('anna', () => locks.acquire(NAME))
      const inner = await as('ben', () => locks.acquire(NAME, { within: outer }))
      await as('anna', () => outer.release())
      await as('ben', () => inner.release())
    },
    [
      ...['started by anna', 'acquired by anna', 'started by ben', 'acquired by ben'],
      ...['released by anna', 'released by ben'],
    ],
  ],
  [
    'handed over inside the process',
    async ({ locks, clock, as }) => {
      const first = await as('anna', () => locks.acquire(NAME))
      const second = as('ben', () => locks.acquire(NAME))
      await settled()
      await as('anna', () => first.release())
      await clock.until(second)
    },
    [
      ...['started by anna', 'acquired by anna', 'started by ben', 'waiting by ben'],
      ...['released by anna', 'acquired by ben'],
    ],
  ],
  [
    'granted by a notification of the store',
    async ({ locks, other, clock, as }) => {
      const held = await other().acquire(NAME)
      const waiting = as('anna', () => locks.acquire(NAME))
      await clock.advance(100)
      await as('ben', () => held.release())
      await clock.until(waiting)
    },
    ['started by anna', 'contended by anna', 'waiting by anna', 'contended by anna', 'acquired by anna'],
  ],
  [
    'several names that are free',
    async ({ locks, as }) => {
      const lease = await as('anna', () => locks.acquire(['a', 'b', 'c']))
      await as('ben', () => lease.release())
    },
    ['started by anna', 'acquired by anna', 'released by ben'],
  ],
  [
    'several names of which two are waited for',
    async ({ locks, clock, as }) => {
      const held = await as('ben', () => Promise.all([locks.acquire('a'), locks.acquire('b')]))
      const waiting = as('anna', () => locks.acquire(['a', 'b', 'c']))
      await clock.advance(10)
      await as('ben', () => held[0].release())
      await clock.advance(10)
      await as('ben', () => held[1].release())
      await as('anna', async () => (await clock.until(waiting)).release())
    },
    [
      ...['started by ben', 'started by ben', 'acquired by ben', 'acquired by ben'],
      ...['started by anna', 'waiting by anna', 'released by ben', 'released by ben'],
      ...['acquired by anna', 'released by anna'],
    ],
  ],
  [
    'several names of which one is refused',
    async ({ locks, other, as }) => {
      await other().acquire('b')
      await as('anna', () => locks.tryAcquire(['a', 'b']))
    },
    ['started by anna', 'contended by anna', 'failed busy by anna'],
  ],
  [
    'several names, closed by another caller',
    async ({ locks, other, clock, as }) => {
      await other().acquire('b')
      const waiting = quietly(as('anna', () => locks.acquire(['a', 'b'])))
      await clock.advance(10)
      await clock.until(as('ben', () => locks.close()))
      await waiting
    },
    [
      ...['started by anna', 'contended by anna', 'waiting by anna'],
      ...['contended by anna', 'contended by anna', 'failed closed by anna'],
    ],
  ],
  [
    'stolen',
    async ({ locks, as }) => {
      await as('anna', () => locks.acquire(NAME))
      await as('ben', () => locks.acquire(NAME, { steal: true }))
    },
    ['started by anna', 'acquired by anna', 'started by ben', 'acquired by ben', 'lost by nobody'],
  ],
  [
    'renewed, not renewed, lost',
    async ({ locks, backend, clock, as }) => {
      await as('anna', () => locks.acquire(NAME))
      await clock.advance(3_400)
      backend.next('extend', refused())
      await clock.advance(6_000)
      await as('ben', () => locks.forceRelease(NAME))
    },
    [
      ...['started by anna', 'acquired by anna', 'renewed by nobody'],
      ...['renewalFailed by nobody', 'renewed by nobody', 'lost by nobody'],
    ],
  ],
  [
    'handed over with a ticket, and resumed',
    async ({ locks, clock, as }) => {
      const lease = await as('anna', () => locks.acquire(NAME))
      const ticket = as('ben', () => lease.ticket())
      const resumed = await clock.until(as('carl', () => locks.resume(ticket)))
      await as('carl', () => resumed.release())
    },
    ['started by anna', 'acquired by anna', 'handedOver by ben', 'resumed by carl', 'released by carl'],
  ],
  [
    'a web lock',
    async ({ locks, clock, as }) => clock.until(as('anna', () => toLockManager(locks).request(NAME, () => 1))),
    ['started by anna', 'acquired by anna', 'released by anna'],
  ],
  [
    'a web lock that is not available',
    async ({ locks, clock, as }) => {
      const web = toLockManager(locks)
      const held = as('ben', () => web.request(NAME, () => new Promise((r) => void clock.setTimeout(() => r(1), 50))))
      await clock.until(as('anna', () => web.request(NAME, { ifAvailable: true }, () => 1)))
      await clock.until(held)
    },
    [
      ...['started by ben', 'started by anna', 'acquired by ben', 'contended by anna', 'failed busy by anna'],
      'released by ben',
    ],
  ],
  [
    'a web lock that another caller aborts',
    async ({ locks, other, clock, as }) => {
      const { signal, abort } = withAbort()
      await other().acquire(`web:${NAME}`)
      const waiting = quietly(as('anna', () => toLockManager(locks).request(NAME, { signal }, () => 1)))
      await clock.advance(10)
      as('ben', abort)
      await clock.until(waiting)
    },
    ['started by anna', 'contended by anna', 'waiting by anna', 'contended by anna', 'failed aborted by anna'],
  ],
  [
    'a web lock that was aborted before, and of a closed locker',
    async ({ locks, as }) => {
      const web = toLockManager(locks)
      await quietly(as('anna', () => web.request(NAME, { signal: AbortSignal.abort() }, () => 1)))
      await locks.close()
      await quietly(as('ben', () => web.request(NAME, () => 1)))
    },
    ['started by anna', 'failed aborted by anna', 'started by ben', 'failed closed by ben'],
  ],
]

function withAbort(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const own = controller()
  return { signal: own.signal, abort: () => own.abort(new Error('aborted')) }
}

describe('each way of an acquisition has its events, each once and in the context of its caller:', () => {
  test.each(PATHS)('%s', async (_, play, expected) => {
    const broken: string[] = []
    const stage = scene({}, broken)
    await play(stage)
    expect(stage.events).toEqual(expected)
    expect(broken).toEqual([])
    expect([stage.ledger.open.size, stage.ledger.waiting.size]).toEqual([0, 0])
    await stage.clock.until(stage.locks.close())
    expect(stage.ledger.held.size).toBe(0)
  })
})

test('a backend without shared leases: unsupported', async () => {
  const broken: string[] = []
  const events: string[] = []
  const { observer } = eventLedger({ fail: (message) => broken.push(message), onEvent: (hook) => events.push(hook) })
  const { locks } = world({ observer }, { capabilities: { shared: false } })
  await quietly(locks.acquire(NAME, { mode: 'shared' }))
  expect([events, broken]).toEqual([['started', 'failed'], []])
})

test('a mistake has no events', async () => {
  const { locks, events } = scene()
  await quietly(locks.acquire(''))
  await quietly(locks.acquire(NAME, { ttlMs: -1 }))
  await quietly(locks.request(NAME, undefined as never))
  expect(events).toEqual([])
})

test('an observer that is not enabled when a call starts has no event of it, nor of its lease', async () => {
  const { observer } = eventLedger({ fail: () => {} })
  const seen: string[] = []
  const hooks = Object.keys(observer).map((hook) => [hook, (): void => void seen.push(hook)] as const)
  const switched: LockObserver & { enabled: boolean } = { ...Object.fromEntries<() => void>(hooks), enabled: false }
  const { locks, clock } = world({ observer: switched })
  const lease: Lease = await locks.acquire(NAME)
  switched.enabled = true
  await clock.advance(3_400)
  await lease.release()
  expect(seen).toEqual([])
  await (await locks.acquire(NAME)).release()
  expect(seen).toEqual(['started', 'acquired', 'released'])
})
