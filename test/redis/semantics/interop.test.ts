import { fixed, isLockError } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { freshName, rejection } from '../../support/eventually.js'
import { open } from '../../support/open.js'
import { loadScripts, scriptRuns } from '../../support/script-commands.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
await loadScripts(raw)

/** The script by which every single-instance Redlock implementation releases. */
const REDLOCK_RELEASE =
  'if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end'

describe.each(clients)('with others who lock the same names, by $name,', (client) => {
  test('a lock of theirs is respected, until it expires or is released', async () => {
    await using user = await open(client, server.port)
    const [name, short] = [freshName(), freshName()]
    expect(await raw.command('SET', `lock:${name}`, 'x', 'NX', 'PX', '5000')).toBe('OK')
    expect(await user.locks.tryAcquire(name)).toBeNull()
    expect(await user.locks.inspect(name)).toMatchObject({ holders: [{ label: null, fence: null }], waiting: 0 })
    expect(await raw.command('GET', `lock:${name}`)).toBe('x')
    expect(await raw.command('EVAL', REDLOCK_RELEASE, '1', `lock:${name}`, 'x')).toBe(1)
    expect((await user.locks.tryAcquire(name))?.held).toBe(true)

    await raw.command('SET', `lock:${short}`, 'x', 'NX', 'PX', '150')
    expect((await user.locks.acquire(short, { waitMs: 10_000 })).held).toBe(true)
  })

  test('ours is one plain key, prefix and name, holding the owner, which theirs runs into', async () => {
    await using user = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name, { ttlMs: 5_000 })
    expect(await raw.command('TYPE', `lock:${name}`)).toBe('string')
    expect(await raw.command('GET', `lock:${name}`)).toBe(lease.owner)
    const left = Number(await raw.command('PTTL', `lock:${name}`))
    expect(left).toBeLessThanOrEqual(5_000)
    expect(left).toBeGreaterThanOrEqual(lease.remainingMs)
    expect(await raw.command('SET', `lock:${name}`, 'x', 'NX', 'PX', '5000')).toBeNull()
    expect(await lease.release()).toBe('released')
    expect(await raw.command('SET', `lock:${name}`, 'x', 'NX', 'PX', '5000')).toBe('OK')
  })

  test('a release script with another value does not release ours, and one with our owner does', async () => {
    await using user = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    for (const value of ['x', '', `${lease.owner} `]) {
      expect(await raw.command('EVAL', REDLOCK_RELEASE, '1', `lock:${name}`, value)).toBe(0)
    }
    expect(await raw.command('EVAL', REDLOCK_RELEASE, '1', `lock:${name}`, lease.owner)).toBe(1)
    expect(isLockError(await rejection(lease.extend()), 'LOCK_LOST')).toBe(true)
    expect(lease.signal.aborted).toBe(true)
    expect(await lease.release()).toBe('expired')
  })

  test('a value without ttl is held for good, and only evict removes it', async () => {
    await using user = await open(client, server.port)
    const name = freshName()
    await raw.command('SET', `lock:${name}`, 'forever')
    expect(await user.locks.tryAcquire(name)).toBeNull()
    // The limit is a number of attempts: a wait that ends while the store is asked has an unknown outcome.
    const twice = { retry: { backoff: fixed(10), maxAttempts: 2 } }
    expect(isLockError(await rejection(user.locks.acquire(name, twice)), 'LOCK_BUSY')).toBe(true)
    expect(await user.locks.inspect(name)).toMatchObject({ holders: [{ label: null, remainingMs: null }] })
    expect(await raw.command('GET', `lock:${name}`)).toBe('forever')
    expect(await raw.command('PTTL', `lock:${name}`)).toBe(-1)
    expect(await user.locks.forceRelease(name)).toBe(true)
    expect((await user.locks.tryAcquire(name))?.held).toBe(true)
  })

  test('a key of another type is a refusal for every verb, at once, and stays as it is', async () => {
    await using user = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name, { renew: false })
    await raw.command('DEL', `lock:${name}`)
    await raw.command('RPUSH', `lock:${name}`, 'an element')
    const verbs = [
      () => user.locks.acquire(name),
      () => user.locks.tryAcquire(name),
      () => user.locks.inspect(name),
      () => lease.extend(),
      () => user.locks.resume(lease.ticket()),
    ]
    for (const verb of verbs) {
      const error = await rejection(verb())
      expect(isLockError(error, 'LOCK_BACKEND'), String(error)).toBe(true)
      expect(String(error)).toContain('WRONGTYPE')
    }
    expect(await raw.command('LRANGE', `lock:${name}`, '0', '-1')).toEqual(['an element'])
    expect(await user.locks.forceRelease(name)).toBe(true)
    expect((await user.locks.tryAcquire(name))?.held).toBe(true)
  })

  test('an uncontended acquire and release are two commands, a try on a held name is one', async () => {
    await using user = await open(client, server.port)
    const name = freshName()
    const before = await scriptRuns(raw)
    const lease = await user.locks.acquire(name)
    expect((await scriptRuns(raw)) - before).toBe(1)
    await lease.release()
    expect((await scriptRuns(raw)) - before).toBe(2)
    await raw.command('SET', `lock:${name}`, 'x', 'PX', '5000')
    expect(await user.locks.tryAcquire(name)).toBeNull()
    expect((await scriptRuns(raw)) - before).toBe(3)
  })
})
