import { describe, expect, test } from 'vitest'
import {
  type AcquireOptions,
  type Capabilities,
  createLocker,
  decorrelatedJitter,
  exponential,
  type Locker,
  type LockerOptions,
  type LockObserver,
  memoryBackend,
  type RequestOptions,
  type RetryOptions,
} from '../../src/index.js'
import { redisBackend } from '../../src/redis/index.js'
import { ending, NAME, world } from '../support/world.js'

type Options = Record<string, unknown>

const errorOf = async (act: () => unknown): Promise<unknown> => {
  const end = await ending(Promise.resolve().then(act))
  if (!('error' in end)) throw new Error('nothing was refused')
  return end.error
}

async function refusal(act: () => unknown): Promise<string> {
  const error = await errorOf(act)
  expect(error).toBeInstanceOf(TypeError)
  return (error as Error).message
}

const newLocker = (options: Options): Locker => createLocker({ backend: memoryBackend(), ...options })

/** The option that a caller writes, its value, and the option that the message names. */
type Mistake = readonly [string, unknown, string]
const forCalls: readonly Mistake[] = [
  ['ttl', 5_000, 'ttlMs'],
  ['TTLMS', 5_000, 'ttlMs'],
  ['duration', 5_000, 'ttlMs'],
  ['timeout', 5_000, 'waitMs'],
  ['wait', 5_000, 'waitMs'],
  ['waitMS', 5_000, 'waitMs'],
  ['waitms', 5_000, 'waitMs'],
  ['wiatMs', 5_000, 'waitMs'],
  ['retries', 3, 'retry'],
  ['retryCount', 3, 'retry'],
  ['backoff', 3, 'retry'],
  ['abortSignal', AbortSignal.abort(), 'signal'],
  ['autoRenew', true, 'renew'],
  ['renewal', true, 'renew'],
  ['maxHold', 1_000, 'maxHoldMs'],
]

describe.each(['acquire', 'tryAcquire', 'request'] as const)('%s refuses, before any command is sent,', (call) => {
  const ask = (locks: Locker, options: unknown): unknown =>
    call === 'request'
      ? locks.request(NAME, options as AcquireOptions, () => 'never called')
      : locks[call](NAME, options as AcquireOptions)

  test.each<Mistake>([...forCalls, ['force', true, 'steal'], ['shared', true, 'mode'], ['minHold', 3, 'minHoldMs']])(
    '{ %s } and names the option that was meant',
    async (name, value, meant) => {
      const { locks, backend } = world()
      expect(await refusal(() => ask(locks, { [name]: value }))).toBe(
        `${call} has no option "${name}": did you mean "${meant}"?`,
      )
      expect(backend.calls()).toEqual([])
    },
  )

  test('an option like no other, and lists those that there are', async () => {
    const { locks, backend } = world()
    const message = await refusal(() => ask(locks, { colour: 'red' }))
    expect(message).toMatch(new RegExp(`^${call} has no option "colour": there are ttlMs, waitMs, .*steal`))
    expect(backend.calls()).toEqual([])
  })

  test('an AbortSignal, a list or a callback in place of its options', async () => {
    const { locks, backend } = world()
    for (const options of [new AbortController().signal, [], ['other'], () => 1])
      await refusal(() => ask(locks, options))
    expect(backend.calls()).toEqual([])
  })

  test('no unknown option that is undefined, and none that every object has', async () => {
    const { locks } = world()
    const everything = Object.getPrototypeOf({}) as object
    Object.defineProperty(everything, 'polluted', { value: 1, enumerable: true, configurable: true })
    try {
      await ask(locks, { ttl: undefined })
    } finally {
      Reflect.deleteProperty(everything, 'polluted')
    }
  })
})

test.each([
  ['acquire', 'request has it, tryAcquire does just that'],
  ['tryAcquire', 'drop it, tryAcquire does just that'],
] as const)('%s refuses { ifAvailable }: %s', async (call, hint) => {
  const { locks } = world()
  const message = `${call} has no option "ifAvailable": ${hint}`
  expect(await refusal(() => locks[call](NAME, { ifAvailable: true } as AcquireOptions))).toBe(message)
})

test('resume refuses an option of a call, and names its own', async () => {
  const { locks } = world()
  const ticket = (await locks.acquire(NAME)).ticket()
  const message = await refusal(() => locks.resume(ticket, { mode: 'shared' } as object))
  expect(message).toBe('resume has no option "mode": there are renew, maxHoldMs')
})

describe('createLocker refuses', () => {
  test.each<Mistake>([
    ...forCalls.filter(([name]) => name !== 'abortSignal'),
    ['store', {}, 'backend'],
    ['client', {}, 'backend'],
    ['onLost', () => {}, 'observer'],
    ['attemptTimeout', 100, 'attemptTimeoutMs'],
    ['handover', {}, 'handOver'],
    ['require', {}, 'requires'],
    ['name', 'worker', 'label'],
  ])('{ %s } and names the option that was meant', async (name, value, meant) => {
    expect(await refusal(() => newLocker({ [name]: value }))).toBe(
      `createLocker has no option "${name}": did you mean "${meant}"?`,
    )
  })

  test.each([
    ...['signal', 'mode', 'limit', 'within', 'steal', 'minHoldMs'].map(
      (name) => [name, 'acquire and request have it'] as const,
    ),
    ['ifAvailable', 'request has it, tryAcquire does just that'] as const,
  ])('{ %s }, which is an option of a call', async (name, hint) => {
    const message = `createLocker has no option "${name}": ${hint}`
    expect(await refusal(() => newLocker({ [name]: true }))).toBe(message)
  })

  test.each([
    ['retry', { retries: 3 }, 'maxAttempts'],
    ['retry', { attempts: 3 }, 'maxAttempts'],
    ['retry', { delay: 3 }, 'backoff'],
    ['handOver', { counts: 3 }, 'count'],
    ['requires', { fences: true }, 'fencing'],
    ['requires', { scopes: 'shared' }, 'scope'],
  ])('an unknown option within %s', async (option, value, meant) => {
    expect(await refusal(() => newLocker({ [option]: value }))).toMatch(
      new RegExp(`^${option} has no option "\\w+": did you mean "${meant}"\\?$`),
    )
  })

  test.each([
    ['nothing', {}, /needs a backend/],
    ['a backend in place of options', memoryBackend(), /createLocker\(\{ backend \}\)/],
    [
      'a client in place of options',
      new (class Redis extends EventTarget {})(),
      /needs options, got another object: wrap a client, .*ioredisBackend\(client\)/,
    ],
    ['the promise of a backend', { backend: Promise.resolve(memoryBackend()) }, /got a promise: await it/],
    ['the function that makes a backend', { backend: memoryBackend }, /got a function: call it/],
    ['a client', { backend: { evalsha: () => '', duplicate: () => '' } }, /ioredisBackend\(client\)/],
    ['the address of a store', { backend: 'redis://:pw@h' }, /a string of 13 characters/],
  ])('%s, in a sentence', async (_, options, message) => {
    expect(await refusal(() => createLocker(options as unknown as LockerOptions))).toMatch(message)
  })
})

test('each message lists all options of its kind, and no other', async () => {
  const { locks } = world()
  const listed = async (act: () => unknown): Promise<readonly string[]> =>
    ((await refusal(act)).split(': there are ')[1] ?? '').split(', ').toSorted()
  const unknown = { zzzz: 1 } as object
  // The types make these lists complete.
  const call: Record<keyof AcquireOptions, 0> = {
    ...{ ttlMs: 0, waitMs: 0, renew: 0, maxHoldMs: 0, retry: 0 },
    ...{ signal: 0, mode: 0, limit: 0, within: 0, steal: 0, minHoldMs: 0 },
  }
  const ofLocker: Record<keyof LockerOptions, 0> = {
    ...{ ttlMs: 0, waitMs: 0, renew: 0, maxHoldMs: 0, retry: 0 },
    ...{ backend: 0, attemptTimeoutMs: 0, label: 0, observer: 0, clock: 0, handOver: 0, context: 0, requires: 0 },
  }
  const request: Record<keyof RequestOptions, 0> = { ...call, ifAvailable: 0 }
  const requires: Record<keyof Capabilities, 0> = { scope: 0, fencing: 0, shared: 0, line: 0, watch: 0, list: 0 }
  const retry: Record<keyof RetryOptions, 0> = { backoff: 0, maxAttempts: 0 }
  const names = (table: object): readonly string[] => Object.keys(table).toSorted()
  expect(await listed(() => locks.acquire(NAME, unknown))).toEqual(names(call))
  expect(await listed(() => locks.tryAcquire(NAME, unknown))).toEqual(names(call))
  expect(await listed(() => locks.request(NAME, unknown, () => 1))).toEqual(names(request))
  expect(await listed(() => newLocker({ zzzz: 1 }))).toEqual(names(ofLocker))
  expect(await listed(() => newLocker({ requires: unknown }))).toEqual(names(requires))
  expect(await listed(() => newLocker({ retry: unknown }))).toEqual(names(retry))
})

describe('other functions refuse an unknown option:', () => {
  test('resume, also one that only acquire has', async () => {
    const { locks, backend } = world()
    const ticket = (await locks.acquire(NAME)).ticket()
    const before = backend.calls().length
    const resume = locks.resume as (ticket: string, options: Options) => Promise<unknown>
    expect(await refusal(() => resume(ticket, { maxHold: 1 }))).toBe(
      'resume has no option "maxHold": did you mean "maxHoldMs"?',
    )
    expect(await refusal(() => resume(ticket, { ttlMs: 1_000 }))).toBe(
      'resume has no option "ttlMs": there are renew, maxHoldMs',
    )
    expect(await refusal(() => resume(ticket, null as unknown as Options))).toContain('must be an object')
    expect(backend.calls().length).toBe(before)
  })

  test('memoryBackend', async () => {
    expect(await refusal(() => memoryBackend({ stores: 1 } as object))).toContain('did you mean "store"?')
  })

  test.each([
    [{ keyPrefix: 'myapp:' }, 'the redis backend has no option "keyPrefix": did you mean "prefix"?'],
    [{ namespace: 'myapp:' }, 'the redis backend has no option "namespace": did you mean "prefix"?'],
    [{ fence: false }, 'the redis backend has no option "fence": did you mean "fencing"?'],
    ['myapp:', 'the options of the redis backend must be an object, got "myapp:"'],
    [null, 'the options of the redis backend must be an object, got null'],
    [{ prefix: 7 }, 'prefix must be a string, got 7'],
  ])('redisBackend, of %j', async (options, message) => {
    const transport = { name: 'redis', clustered: false, evalsha: async () => '', eval: async () => '' }
    expect(await refusal(() => redisBackend(transport, options as object))).toBe(message)
  })

  test('the makers of a backoff', async () => {
    const make = exponential as unknown as (options: Options) => unknown
    expect(await refusal(() => make({ minMs: 1, maxMs: 2, factors: 3 }))).toContain('did you mean "factor"?')
    const jitter = decorrelatedJitter as unknown as (options: Options) => unknown
    expect(await refusal(() => jitter({ min: 1, max: 2 }))).toContain('did you mean "minMs"?')
  })
})

test('release without its lease says so', async () => {
  const { locks } = world()
  const lease = await locks.acquire(NAME)
  const { release } = lease
  const message = 'release was called without its lease: pass () => lease.release() instead of lease.release'
  expect(await refusal(() => Promise.resolve().then(lease.release))).toBe(message)
  expect(await refusal(() => release())).toBe(message)
  expect(await refusal(() => release.call({} as typeof lease))).toBe(message)
  expect(await lease.release()).toBe('released')
})

describe('an observer is refused', () => {
  class Notifier {
    onLost(): void {}
    other(): void {}
  }

  test.each([
    ['with a hook of another name', { onLost: () => {} }, 'observer has no hook "onLost": did you mean "lost"?'],
    ['that is an instance with such a method', new Notifier(), 'did you mean "lost"?'],
    ['with a slip', { aquired: () => {} }, 'did you mean "acquired"?'],
    ['with a hook in lower case', { renewalfailed: () => {} }, 'did you mean "renewalFailed"?'],
    ['whose hook is no function', { lost: 'log' }, 'observer.lost must be a function, got "log"'],
    ['that is a function', () => {}, 'observer must be an object with hooks, got a function'],
    ['that is null', null, 'observer must be an object with hooks, got null'],
  ])('%s', async (_, observer, message) => {
    expect(await refusal(() => newLocker({ observer }))).toContain(message)
  })

  class Metrics implements LockObserver {
    count = 0
    lost(): void {
      this.onLost()
    }
    /** A method of the observer's own: its hook `lost` exists. */
    onLost(): void {
      this.count++
    }
    /** A method whose name is close to a hook, and which is no hook. */
    release(): void {}
    get rate(): number {
      throw new Error('not yet')
    }
  }

  test.each([
    ['an instance with methods of its own', new Metrics()],
    ['one without hooks and methods', {}],
    ['one that emits events too', new EventTarget()],
    ['one whose hooks are absent', { lost: undefined, waiting: undefined }],
    ['one with a helper', { lost: () => {}, log: () => {}, onLost: () => {} }],
    ['a proxy that answers everything', new Proxy({}, { get: () => () => {} })],
    ['one without a prototype', Object.assign(Object.create(null) as object, { lost: () => {} })],
  ])('but not %s', (_, observer) => {
    newLocker({ observer })
  })
})
