import { describe, expect, test } from 'vitest'
import {
  type AcquireOptions,
  createLocker,
  isLockError,
  type Locker,
  type LockerOptions,
  memoryBackend,
} from '../../src/index.js'
import { type FaultyBackend, faultyBackend } from '../support/backend.js'
import { virtualClock } from '../support/clock.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

const badTtls: readonly unknown[] = [
  0,
  -1,
  Number.NaN,
  Infinity,
  -Infinity,
  1.5,
  '10',
  '',
  2 ** 53,
  null,
  10n,
  9,
  2 ** 31,
  true,
  {},
  [10_000],
]
const badSpans: readonly unknown[] = [-1, Number.NaN, -Infinity, '10', null, 10n, true, {}]
const badCounts: readonly unknown[] = [0, -1, 1.5, Number.NaN, '3', null, 3n, 2 ** 53]
const badNames: readonly unknown[] = [
  '',
  'x'.repeat(1025),
  'ä'.repeat(513),
  '€'.repeat(342),
  '😀'.repeat(257),
  'lock:\ud800',
  '\udc00',
  'a\ud83d',
  0,
  1,
  null,
  undefined,
  true,
  {},
  Symbol('name'),
  10n,
]

const badOptions: readonly (readonly [string, Record<string, unknown>])[] = [
  ...badTtls.map((ttlMs) => [`ttlMs ${show(ttlMs)}`, { ttlMs }] as const),
  ...badSpans.map((waitMs) => [`waitMs ${show(waitMs)}`, { waitMs }] as const),
  ...badSpans.map((maxHoldMs) => [`maxHoldMs ${show(maxHoldMs)}`, { maxHoldMs }] as const),
  ...[1, 'yes', null, {}].map((renew) => [`renew ${show(renew)}`, { renew }] as const),
  ...[null, 1, 'fixed', true, []].map((retry) => [`retry ${show(retry)}`, { retry }] as const),
  ...[null, 10, {}, 'fixed'].map((backoff) => [`retry.backoff ${show(backoff)}`, { retry: { backoff } }] as const),
  ...badCounts.map((maxAttempts) => [`retry.maxAttempts ${show(maxAttempts)}`, { retry: { maxAttempts } }] as const),
]

const badCallOptions: readonly (readonly [string, Record<string, unknown>])[] = [
  ...badOptions,
  ...badSpans.map((minHoldMs) => [`minHoldMs ${show(minHoldMs)}`, { minHoldMs }] as const),
  ['minHoldMs above maxHoldMs', { minHoldMs: 2_000, maxHoldMs: 1_000 }],
  ['minHoldMs above what a lease can last', { minHoldMs: 2 ** 31 }],
  ...['Shared', '', null, 1, 'write'].map((mode) => [`mode ${show(mode)}`, { mode }] as const),
  ...badCounts.map((limit) => [`limit ${show(limit)}`, { mode: 'shared', limit }] as const),
  ['limit without shared mode', { limit: 2 }],
  ['limit with exclusive mode', { mode: 'exclusive', limit: 1 }],
  ...[null, {}, 1, 'abort', new AbortController(), { aborted: false }].map(
    (signal) => [`signal ${show(signal)}`, { signal }] as const,
  ),
]

const badLockerOptions: readonly (readonly [string, Record<string, unknown>])[] = [
  ...badOptions,
  ...[0, ...badSpans].map(
    (attemptTimeoutMs) => [`attemptTimeoutMs ${show(attemptTimeoutMs)}`, { attemptTimeoutMs }] as const,
  ),
  ...[1, null, {}, 'x'.repeat(257), 'ä'.repeat(129), '\ud800'].map(
    (label) => [`label ${show(label)}`, { label }] as const,
  ),
  ...[null, 1, 'real', {}, Date, { now: () => 0 }].map((clock) => [`clock ${show(clock)}`, { clock }] as const),
  ...[null, 5, { count: -1 }, { count: 1.5 }, { count: Number.NaN }, { ms: -1 }, { ms: '50' }].map(
    (handOver) => [`handOver ${show(handOver)}`, { handOver }] as const,
  ),
  ...[null, [], { fences: true }, { scopes: 'shared' }].map(
    (requires) => [`requires ${show(requires)}`, { requires }] as const,
  ),
]

const badBackends: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a string', 'redis://localhost'],
  ['a raw client', { get: () => '', set: () => 'OK', eval: () => '' }],
  ['the function that makes one', memoryBackend],
  ['one without a verb', { ...memoryBackend(), evict: undefined }],
  ['one without capabilities', { ...memoryBackend(), capabilities: undefined }],
  ['one of another version', { ...memoryBackend(), specVersion: 2 }],
  ['one without a version', { ...memoryBackend(), specVersion: undefined }],
]

type Door = (locks: Locker, name: unknown, options?: unknown) => Promise<unknown>

const doors: Record<string, Door> = {
  acquire: (locks, name, options) => locks.acquire(name as string, options as AcquireOptions),
  tryAcquire: (locks, name, options) => locks.tryAcquire(name as string, options as AcquireOptions),
  request: (locks, name, options) => locks.request(name as string, options as AcquireOptions, () => 'never called'),
}

async function mistakeOf(promise: Promise<unknown>): Promise<void> {
  const end = await ending(promise)
  if (!('error' in end)) throw new Error('nothing was refused')
  expect(end.error instanceof TypeError || end.error instanceof RangeError).toBe(true)
}

function expectMistake(act: () => unknown): void {
  let thrown: unknown
  try {
    act()
  } catch (error) {
    thrown = error
  }
  expect(thrown instanceof TypeError || thrown instanceof RangeError, String(thrown)).toBe(true)
}

function expectNoCall(backend: FaultyBackend): void {
  expect(backend.calls()).toEqual([])
}

describe.each(Object.entries(doors))('%s refuses, before any command is sent,', (_, door) => {
  test.each(badCallOptions)('%s', async (_title, options) => {
    const { locks, backend } = world()
    await mistakeOf(door(locks, NAME, options))
    expectNoCall(backend)
  })

  test.each(badNames.map((name) => [show(name), name]))('the name %s', async (_title, name) => {
    const { locks, backend } = world()
    await mistakeOf(door(locks, name))
    expectNoCall(backend)
  })

  test.each([null, 1, 'fast', () => {}])('options that are %s', async (options) => {
    const { locks, backend } = world()
    await mistakeOf(door(locks, NAME, options))
    expectNoCall(backend)
  })
})

describe('createLocker refuses', () => {
  test.each(badLockerOptions)('%s', (_, options) => {
    const clock = virtualClock()
    const backend = faultyBackend(clock)
    expectMistake(() => createLocker({ backend, clock, ...options }))
    expectNoCall(backend)
  })

  test.each(badBackends)('as a backend %s', (_, backend) => {
    expectMistake(() => createLocker({ backend } as LockerOptions))
  })

  test.each([undefined, null, 'redis://localhost'])('%s instead of options', (options) => {
    expectMistake(() => createLocker(options as unknown as LockerOptions))
  })

  test('a number of milliseconds that is none, and says what it must be', () => {
    const message = 'waitMs must be a number of milliseconds, 0 or more, got NaN'
    expect(() => createLocker({ backend: memoryBackend(), waitMs: Number.NaN })).toThrow(message)
  })

  test('a backend that lacks what is required, as unsupported', () => {
    const lacking = [{ scope: 'shared' }, { fencing: true }, { watch: true }, { list: true }] as const
    for (const requires of lacking) {
      const backend = faultyBackend(virtualClock(), { capabilities: { fencing: false, watch: false, list: false } })
      let thrown: unknown
      try {
        createLocker({ backend, requires })
      } catch (error) {
        thrown = error
      }
      expect(isLockError(thrown, 'LOCK_UNSUPPORTED')).toBe(true)
    }
  })

  test('nothing of a backend that has what is required, or more', () => {
    const backend = faultyBackend(virtualClock())
    createLocker({ backend, requires: { scope: 'process', fencing: true, shared: true, line: false } })
    createLocker({ backend, requires: { fencing: undefined } as never })
    createLocker({ backend, requires: {} })
  })
})

describe('other doors refuse, before any command is sent,', () => {
  test.each(badTtls.filter((ttl) => ttl !== undefined).map((ttl) => [show(ttl), ttl]))('extend(%s)', async (_, ttl) => {
    const { locks, backend } = world()
    const lease = await locks.acquire(NAME)
    await mistakeOf(lease.extend(ttl as number))
    expect(backend.calls('extend')).toEqual([])
    expect(lease.held).toBe(true)
  })

  test.each([-1, Number.NaN, '5', null, 5n])('assertHeld(%s)', async (min) => {
    const { locks } = world()
    const lease = await locks.acquire(NAME)
    expectMistake(() => lease.assertHeld(min as number))
  })

  test.each(badNames.map((name) => [show(name), name]))('inspect and forceRelease of the name %s', async (_, name) => {
    const { locks, backend } = world()
    await mistakeOf(locks.inspect(name as string))
    await mistakeOf(locks.forceRelease(name as string))
    expectNoCall(backend)
  })

  test.each([undefined, null, '', 'holdfast1.', 'holdfast1.AAAA', 'holdfast1.!', 'holdfast2.W10=', 7, {}])(
    'resume(%s)',
    async (ticket) => {
      const { locks, backend } = world()
      await mistakeOf(locks.resume(ticket as string))
      expectNoCall(backend)
    },
  )

  test('request without a callback', async () => {
    const { locks, backend } = world()
    const request = locks.request as (...args: unknown[]) => Promise<unknown>
    await mistakeOf(request(NAME))
    await mistakeOf(request(NAME, {}))
    await mistakeOf(request(NAME, {}, 'callback'))
    expectNoCall(backend)
  })
})

describe('what the backend cannot do is refused, before any command is sent:', () => {
  test.each(Object.entries(doors))('shared leases, by %s', async (_, door) => {
    const { locks, backend } = world({}, { capabilities: { shared: false } })
    expect(await codeOf(door(locks, NAME, { mode: 'shared' }))).toBe('LOCK_UNSUPPORTED')
    expectNoCall(backend)
  })
})

function show(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 20 ? `of ${value.length} × ${value.slice(0, 2)}` : JSON.stringify(value)
  if (typeof value === 'object' && value !== null)
    return `${value.constructor?.name ?? ''} ${Object.keys(value).join(' ')}`
  return typeof value === 'bigint' ? `${value}n` : String(value)
}
