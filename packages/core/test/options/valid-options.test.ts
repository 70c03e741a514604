import { describe, expect, test } from 'vitest'
import { ending, NAME, world } from '../support/world.js'

const goodNames = ['a', 'x'.repeat(1024), 'ä'.repeat(512), '😀'.repeat(256), ' ', '\0', 'a\r\nb', '{}', '\u{10ffff}']

describe('what is valid is accepted:', () => {
  test.each(goodNames.map((name) => [show(name), name]))('the name %s', async (_, name) => {
    const { locks } = world()
    const lease = await locks.acquire(name)
    expect([lease.name, lease.names]).toEqual([name, [name]])
    expect(await lease.release()).toBe('released')
  })

  test.each([10, 11, 2 ** 31 - 1])('a ttl of %d ms', async (ttlMs) => {
    const { locks, backend } = world()
    await locks.acquire(NAME, { ttlMs })
    expect(backend.calls('acquire')[0]?.claim.ttlMs).toBe(ttlMs)
  })

  test('an option that is undefined is absent', async () => {
    const absent = {
      ttlMs: undefined,
      waitMs: undefined,
      signal: undefined,
      renew: undefined,
      maxHoldMs: undefined,
      minHoldMs: undefined,
      retry: undefined,
      mode: undefined,
      limit: undefined,
    }
    const { locks, backend } = world({ ...absent, label: undefined, observer: undefined, requires: undefined })
    const plain = await locks.acquire('plain')
    const lease = await locks.acquire('absent', absent)
    await locks.acquire('retry', { retry: { backoff: undefined, maxAttempts: undefined } })
    expect(lease.remainingMs).toBe(plain.remainingMs)
    const claims = backend.calls('acquire').map(({ claim: { name: _name, owner: _owner, ...rest } }) => rest)
    expect(claims[1]).toEqual(claims[0])
    expect(claims[2]).toEqual(claims[0])
    expect(claims[0]?.ttlMs).toBe(10_000)
  })

  test('an option of a call comes before that of the locker, and an undefined one does not hide it', async () => {
    const { locks, backend } = world({ ttlMs: 2_000 })
    await locks.acquire('a', { ttlMs: 3_000 })
    await locks.acquire('b', { ttlMs: undefined })
    expect(backend.calls('acquire').map(({ claim }) => claim.ttlMs)).toEqual([3_000, 2_000])
  })

  test.each([2 ** 31, 2 ** 32, 2 ** 40, Number.MAX_VALUE, Infinity])(
    'a waitMs of %d, longer than a timer can hold, is waited for',
    async (waitMs) => {
      const { clock, locks, other } = world()
      const held = await other().acquire(NAME)
      const waiting = ending(locks.acquire(NAME, { waitMs }))
      await clock.advance(60_000)
      await held.release()
      expect(await clock.until(waiting)).toHaveProperty('value.held', true)
    },
  )

  test.each([2 ** 31, 2 ** 40, Number.MAX_VALUE, Infinity])(
    'a maxHoldMs of %d does not end a lease',
    async (maxHoldMs) => {
      const { clock, locks } = world()
      const lease = await locks.acquire(NAME, { maxHoldMs })
      await clock.advance(120_000)
      expect(lease.held).toBe(true)
    },
  )

  test('a label of 256 bytes, and one with a tilde', async () => {
    for (const label of ['x'.repeat(256), 'ä'.repeat(128), 'host~1~', '']) {
      const { locks } = world({ label })
      await locks.acquire(NAME)
      expect((await locks.inspect(NAME))?.holders[0]?.label).toBe(label)
    }
  })
})

function show(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 20 ? `of ${value.length} × ${value.slice(0, 2)}` : JSON.stringify(value)
  if (typeof value === 'object' && value !== null)
    return `${value.constructor?.name ?? ''} ${Object.keys(value).join(' ')}`
  return typeof value === 'bigint' ? `${value}n` : String(value)
}
