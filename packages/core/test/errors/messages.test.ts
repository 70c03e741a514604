import { describe, expect, test } from 'vitest'
import { describeValue, messageOf } from '../../src/errors/messages.js'
import { type AcquireOptions, createLocker, type LockerOptions, memoryBackend } from '../../src/index.js'
import { redisBackend } from '../../src/redis/index.js'
import { ending, NAME, world } from '../support/world.js'

describe('a value in a message', () => {
  test.each([
    ['short', '"short"'],
    ['with "quotes"', '"with \\"quotes\\""'],
    ['x'.repeat(16), `"${'x'.repeat(16)}"`],
    ['x'.repeat(17), 'a string of 17 characters'],
    ['redis://:pw@h', 'a string of 13 characters'],
    ['a://b', 'a string of 5 characters'],
    ['me@host', 'a string of 7 characters'],
    [7, '7'],
    [Number.NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [{ password: 'secret' }, 'an object'],
    [['secret'], 'an array'],
    [() => 'secret', 'a function'],
    [Buffer, 'a function'],
    [Symbol('secret'), 'a symbol'],
    [123_456_789_012_345_678_901_234n, 'a bigint'],
  ])('%o is shown as %s', (value, shown) => {
    expect(describeValue(value)).toBe(shown)
  })
})

describe('a credential that was put where it does not belong is not shown:', () => {
  const secrets = ['redis://:hunter2@db:6379', 'AXk0ACQgNGQ3ZTk4', 'hunter2@db', `Bearer ${'t'.repeat(40)}`].map(
    (each) => (each.length > 16 || each.includes('@') ? each : `${each}more`),
  )
  const options = ['ttlMs', 'waitMs', 'renew', 'maxHoldMs', 'minHoldMs', 'mode', 'signal', 'retry', 'within', 'steal']
  const ofLocker = ['backend', 'label', 'observer', 'clock', 'context', 'handOver', 'requires', 'attemptTimeoutMs']

  test.each(secrets)('%s', async (secret) => {
    const { locks } = world()
    const transport = { name: 'redis', clustered: false, evalsha: async () => '', eval: async () => '' }
    const newLocker = (more: object): unknown => createLocker({ backend: memoryBackend(), ...more })
    const acts: readonly (() => unknown)[] = [
      ...options.map((option) => () => locks.acquire(NAME, { [option]: secret })),
      () => locks.acquire(NAME, secret as AcquireOptions),
      () => locks.acquire(NAME, { [secret]: 1 }),
      () => locks.acquire(NAME, { mode: 'shared', limit: secret } as unknown as AcquireOptions),
      () => locks.acquire(NAME, { retry: { maxAttempts: secret } } as unknown as AcquireOptions),
      () => locks.acquire(NAME, { retry: { backoff: secret } } as unknown as AcquireOptions),
      () => locks.resume(secret),
      ...ofLocker.filter((option) => option !== 'label').map((option) => () => newLocker({ [option]: secret })),
      () => newLocker({ label: [secret] }),
      () => newLocker({ requires: { [secret]: true } }),
      () => newLocker({ requires: { scope: secret } }),
      () => newLocker({ observer: { lost: secret } }),
      () => createLocker(secret as unknown as LockerOptions),
      () => memoryBackend(secret as never),
      () => redisBackend(transport, secret as never),
      () => redisBackend(transport, { fencing: secret } as object),
      () => redisBackend(transport, { prefix: [secret] } as object),
    ]
    for (const act of acts) {
      const end = await ending(Promise.resolve().then(act))
      if (!('error' in end)) throw new Error(`nothing was refused: ${String(act)}`)
      const { message } = end.error as Error
      expect(message, String(act)).not.toContain(secret.slice(0, 8))
      expect(message.length).toBeLessThan(250)
    }
  })
})

test('what a name is called twice is said in a message', async () => {
  const { locks } = world()
  const name = 'customers:invoices:42'
  await expect(locks.acquire([name, 'b', name])).rejects.toThrow(new TypeError(`a name is given twice: "${name}"`))
})

describe('what an error says', () => {
  test.each([
    [new Error('text'), 'text'],
    ['thrown text', 'thrown text'],
    [undefined, 'undefined'],
    [{ message: 'like an error' }, 'like an error'],
    [new AggregateError([new Error('first'), new Error('second')]), 'first'],
  ])('%s', (error, text) => {
    expect(messageOf(error)).toBe(text)
  })

  test('is not endless', () => {
    expect(messageOf(new Error('x'.repeat(1_000_000))).length).toBe(1_001)
  })
})

test('an error without a message is shown by its code, its name or the name of its class', () => {
  class TimeoutError extends Error {}
  const named = Object.assign(new Error(''), { name: 'AbortError' })
  const errors = [new TimeoutError(), named, Object.assign(new TimeoutError(), { code: 'ETIMEDOUT' }), new Error('')]
  expect(errors.map(messageOf)).toEqual(['TimeoutError', 'AbortError', 'ETIMEDOUT', 'Error'])
})
