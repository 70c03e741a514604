import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  BackendError,
  type Claim,
  createLocker,
  isLockError,
  type Lease,
  type LockBackend,
  type Locker,
  memoryBackend,
} from '../../src/index.js'
import { virtualClock } from '../support/clock.js'
import { ending, NAME, recorder } from '../support/world.js'

const OWNER = /~[0-9a-f]{32}/

/** Everything that can be printed of a value, by each usual way to print it. */
function printed(value: unknown): string {
  const texts = [
    inspect(value, { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
    inspect(value, { depth: Infinity, showHidden: true, customInspect: false }),
    String(value),
    JSON.stringify(value) ?? '',
  ]
  for (let error = value; error instanceof Error; error = error.cause) {
    texts.push(error.message, error.stack ?? '', JSON.stringify(Object.getOwnPropertyDescriptors(error)))
  }
  return texts.join('\n')
}

type Leak = (owners: readonly string[]) => Error

/** The places in which clients put the arguments of a command that failed. */
const leaks: readonly (readonly [string, Leak])[] = [
  ['the message', (owners) => new Error(`Command failed, command was: ["eval","…",1,"k","${owners.join('","')}"]`)],
  [
    'a property',
    (owners) => Object.assign(new Error('failed'), { command: { name: 'evalsha', args: ['k', ...owners] } }),
  ],
  ['the cause', (owners) => new Error('failed', { cause: new Error(`args ${owners.join()}`) })],
  [
    'a property of the cause of the cause',
    (owners) =>
      new Error('1', {
        cause: new Error('2', { cause: Object.assign(new Error('3'), { command: { args: owners } }) }),
      }),
  ],
  [
    'one of several errors',
    (owners) => new AggregateError([Object.assign(new Error('a node'), { command: { args: owners } })], 'all failed'),
  ],
  ['a symbol', (owners) => Object.assign(new Error('failed'), { [Symbol('args')]: owners })],
  ['a map', (owners) => Object.assign(new Error('failed'), { context: new Map([['args', owners]]) })],
  ['a backend error', (owners) => new BackendError(`failed: ${owners.join()}`, { executed: 'no' })],
  [
    'the cause of a backend error',
    (owners) => new BackendError('failed', { executed: 'unknown', cause: new Error(owners.join()) }),
  ],
]

/** A store whose client puts all owner tokens of a call into its errors. */
function talkative(leak: Leak): LockBackend & { failing: boolean } {
  const clock = virtualClock()
  const memory = memoryBackend({ clock })
  const fail = (claims: readonly Pick<Claim, 'owner'>[]): Promise<never> =>
    Promise.reject(leak(claims.map(({ owner }) => owner)))
  const backend = {
    ...memory,
    failing: false,
    acquire: (claim: Claim) => (backend.failing ? fail([claim]) : memory.acquire(claim)),
    extend: (claims: readonly Claim[]) => (backend.failing ? fail(claims) : memory.extend(claims)),
  }
  return backend
}

describe.each(leaks)('when a client puts the owner into %s', (_, leak) => {
  test('no error of an acquisition shows it', async () => {
    const clock = virtualClock()
    const backend = talkative(leak)
    backend.failing = true
    const locks = createLocker({ backend, clock, waitMs: 100 })
    for (const call of [() => locks.acquire(NAME), () => locks.tryAcquire(NAME), () => locks.request(NAME, () => 1)]) {
      const end = await clock.until(ending<unknown>(call()))
      expect('error' in end && printed(end.error)).not.toMatch(OWNER)
    }
  })

  test('no error and no event of an extension shows it, nor that of another lease in the same call', async () => {
    const clock = virtualClock()
    const backend = talkative(leak)
    const { observer, events } = recorder()
    const locks = createLocker({ backend, clock, observer })
    const leases = await Promise.all(['a', 'b', 'c'].map((name) => locks.acquire(name)))
    backend.failing = true
    const end = (await clock.until(ending(leases[0]?.extend() as Promise<void>))) as { error: unknown }
    await clock.advance(20_000)
    expect(events.filter(([hook]) => hook === 'renewalFailed').length).toBeGreaterThan(2)
    expect(printed(end.error)).not.toMatch(OWNER)
    for (const [, event] of events) {
      expect(printed(event)).not.toMatch(OWNER)
      expect(printed(event['cause'])).not.toMatch(OWNER)
    }
    expect(printed(leases.map(({ signal }) => signal.reason as unknown))).not.toMatch(OWNER)
  })

  test('no event of an acquisition that failed shows it', async () => {
    const clock = virtualClock()
    const backend = talkative(leak)
    backend.failing = true
    const events: object[] = []
    const keep = (event: object): void => void events.push(event)
    const locks = createLocker({ backend, clock, observer: { started: keep, failed: keep } })
    await clock.until(ending(locks.tryAcquire(NAME)))
    expect(events.length).toBe(2)
    for (const event of events) {
      expect(printed(event)).not.toMatch(OWNER)
      if ('error' in event) expect(printed((event.error as Error).cause)).not.toMatch(OWNER)
    }
  })

  test('no error of a list shows it, also when the backend throws at once', async () => {
    const memory = memoryBackend()
    const fail = (): never => {
      throw leak([`label~${'0f'.repeat(16)}`])
    }
    for (const list of [
      fail,
      () => ({ [Symbol.asyncIterator]: fail }),
      () => ({ [Symbol.asyncIterator]: () => ({ next: fail }) }),
    ]) {
      const { error } = (await ending(createLocker({ backend: { ...memory, list } }).query())) as { error: unknown }
      expect(isLockError(error)).toBe(true)
      expect(printed(error)).not.toMatch(OWNER)
    }
  })

  test('the error still says what happened', async () => {
    const clock = virtualClock()
    const backend = talkative(leak)
    backend.failing = true
    const end = await clock.until(ending(createLocker({ backend, clock }).tryAcquire(NAME)))
    const { cause } = (end as { error: Error }).error
    expect(cause).toBeInstanceOf(Error)
    expect((cause as Error).message.length).toBeGreaterThan(0)
  })
})

describe('the owner of a lease', () => {
  const clock = virtualClock()
  const locks: Locker = createLocker({ backend: memoryBackend({ clock }), clock, label: 'canary' })

  test('is there for code that reads it', async () => {
    await using lease = await locks.acquire(NAME)
    expect(lease.owner).toMatch(/^canary~[0-9a-f]{32}$/)
  })

  test('is shown neither by the lease nor by a copy of it', async () => {
    await using lease = await locks.acquire(NAME)
    for (const shown of [lease, { ...lease }, [lease], { lease }, Object.entries(lease), Object.assign({}, lease)]) {
      expect(printed(shown)).not.toMatch(OWNER)
    }
    expect(JSON.parse(JSON.stringify(lease))).toEqual({
      name: NAME,
      mode: 'exclusive',
      fence: lease.fence,
      held: true,
      remainingMs: lease.remainingMs,
    })
    expect(inspect(lease)).toContain(NAME)
  })

  test('is shown neither by the locker nor by its backend', async () => {
    await using lease = await locks.acquire(NAME)
    expect(lease.held).toBe(true)
    expect(printed(locks)).not.toMatch(OWNER)
    expect(printed(memoryBackend({ clock }))).not.toMatch(OWNER)
  })

  test('is shown by no error that the lease gives', async () => {
    const lease = await locks.acquire(NAME, { renew: false })
    const errors = [await ending<unknown>(lease.extend(2 ** 31 - 1))]
    await clock.advance(2 ** 31)
    errors.push(await ending(lease.extend()), await ending((async () => lease.assertHeld())()))
    errors.push(await ending((async () => lease.ticket())()), { error: lease.signal.reason })
    expect(printed(errors)).not.toMatch(OWNER)
    for (const end of errors) if ('error' in end) expect(printed(end.error)).not.toMatch(OWNER)
  })

  test('is not shown by inspect of another process', async () => {
    await using lease = await locks.acquire(NAME)
    expect(lease.held).toBe(true)
    expect(printed(await locks.inspect(NAME))).not.toMatch(OWNER)
  })

  test('is in the ticket, in no readable form', async () => {
    const lease = await locks.acquire(NAME)
    const { owner } = lease
    const ticket = lease.ticket()
    expect(ticket).not.toContain(owner)
    expect((await locks.resume(ticket)).owner).toBe(owner)
  })

  test('cannot be cloned with the handle', async () => {
    await using lease = await locks.acquire('cloned')
    // The clone is no lease: it can neither hold nor release.
    const clone = structuredClone(lease) as Partial<Lease>
    expect([clone.owner, clone.held, clone.release]).toEqual([undefined, undefined, undefined])
    expect(printed(clone)).not.toMatch(OWNER)
    expect(() => structuredClone(locks)).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
  })
})
