import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/support/eventually.js'
import { startFaultProxy, type Command, type FaultProxy } from '../src/faults/index.js'
import { connectRaw, startRedis, type RawClient, type RedisServer } from '../src/redis/index.js'

let redis: RedisServer
let direct: RawClient
let proxy: FaultProxy
let client: Redis
let key: string
let tests = 0

beforeAll(async () => {
  redis = await startRedis({ own: true })
  direct = await connectRaw(redis.port)
})
afterAll(async () => {
  direct.close()
  await redis.stop()
})
beforeEach(async () => {
  proxy = await startFaultProxy({ target: redis })
  client = new Redis(proxy.port, { retryStrategy: () => 1 })
  client.on('error', () => {})
  key = `key:${(tests += 1)}`
})
afterEach(async () => {
  client.disconnect()
  await proxy.stop()
})

const countOf = async (name: string): Promise<number> => Number(await direct.command('GET', name))

describe('loseReply', () => {
  test('makes a default ioredis execute an INCR twice', async () => {
    const fault = proxy.loseReply({ match: 'incr' })
    expect(await client.incr(key)).toBe(2)
    expect(await countOf(key)).toBe(2)
    expect(fault.fired).toBe(1)
    expect(proxy.stats().connections).toBe(2)
  })

  test('acts as often as `times` says, then no more', async () => {
    const fault = proxy.loseReply({ match: 'INCR', times: 3 })
    expect(await client.incr(key)).toBe(4)
    expect(await client.incr(key)).toBe(5)
    expect(fault.fired).toBe(3)
  })

  test('leaves the command executed once for a client that does not resend', async () => {
    await using raw = await connectRaw(proxy.port)
    proxy.loseReply({ match: /^INCR key:/ })
    await expect(raw.command('INCR', key)).rejects.toThrow('the connection closed')
    expect(await countOf(key)).toBe(1)
  })

  test('acts only on commands that match', async () => {
    const isOurs = ({ name, args }: Command): boolean => name === 'SET' && args[0] === key
    const fault = proxy.loseReply({ match: isOurs })
    await using raw = await connectRaw(proxy.port)
    expect(await raw.command('SET', 'other', 'v')).toBe('OK')
    expect(await raw.command('GET', key)).toBeNull()
    expect(fault.fired).toBe(0)
    await expect(raw.command('SET', key, 'v')).rejects.toThrow('the connection closed')
    expect(fault.fired).toBe(1)
  })

  test('drops that reply out of a pipeline, after the replies before it', async () => {
    await using raw = await connectRaw(proxy.port)
    const fault = proxy.loseReply({ match: 'INCRBY', times: 2 })
    const replies = await Promise.allSettled([
      raw.command('SET', key, '1'),
      raw.command('INCRBY', key, '10'),
      raw.command('INCRBY', key, '100'),
    ])
    expect(replies.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    // The last command is on its way to the server when the reply before it is lost.
    await eventually(async () => expect(await countOf(key)).toBe(111))
    expect(fault.fired).toBe(1)
  })

  test('can leave the connection open and silent', async () => {
    await using raw = await connectRaw(proxy.port)
    const fault = proxy.loseReply({ match: 'INCR', ending: 'swallow' })
    const settled = vi.fn<(outcome: unknown) => void>()
    void raw.command('INCR', key).then(settled, settled)
    await fault.whenFired()
    expect(await countOf(key)).toBe(1)
    void raw.command('INCR', key).then(settled, settled)
    await eventually(async () => expect(await countOf(key)).toBe(2))
    expect(settled).not.toHaveBeenCalled()
    expect(proxy.heal()).toBe(1)
    await eventually(() => expect(settled).toHaveBeenCalledTimes(2))
  })

  test('can leave the connection half open', async () => {
    await using raw = await connectRaw(proxy.port)
    await raw.command('CLIENT', 'SETNAME', key)
    const fault = proxy.loseReply({ match: 'INCR', ending: 'half-open' })
    const settled = vi.fn<(outcome: unknown) => void>()
    void raw.command('INCR', key).then(settled, settled)
    await fault.whenFired()
    await eventually(async () => expect(await direct.command('CLIENT', 'LIST')).not.toContain(`name=${key}`))
    expect(await countOf(key)).toBe(1)
    expect(settled).not.toHaveBeenCalled()
  })

  test('acts on any client until it is cancelled', async () => {
    const fault = proxy.loseReply({ match: 'INCR', times: Infinity })
    const lost = client.incr(key).catch(() => 'given up')
    await fault.whenFired(3)
    fault.cancel()
    expect(await lost).toBeGreaterThanOrEqual(4)
  })
})

describe('loseRequest', () => {
  test('keeps the command from the server', async () => {
    const fault = proxy.loseRequest({ match: 'INCR' })
    expect(await client.incr(key)).toBe(1)
    expect(await countOf(key)).toBe(1)
    expect(fault.fired).toBe(1)
  })

  test('can leave the connection open and silent', async () => {
    await using raw = await connectRaw(proxy.port)
    const fault = proxy.loseRequest({ match: 'INCR', ending: 'swallow' })
    const settled = vi.fn<(outcome: unknown) => void>()
    void raw.command('INCR', key).then(settled, settled)
    await fault.whenFired()
    void raw.command('INCR', key).then(settled, settled)
    expect(await client.incr(key)).toBe(1)
    expect(settled).not.toHaveBeenCalled()
    proxy.heal()
    await eventually(() => expect(settled).toHaveBeenCalledTimes(2))
    expect(await countOf(key)).toBe(1)
  })
})

describe('duplicate', () => {
  test('executes a request twice at once', async () => {
    const fault = proxy.duplicate({ match: 'INCR' })
    await client.incr(key)
    expect(await fault.deliver()).toEqual([2])
    expect(await countOf(key)).toBe(2)
    expect(fault.fired).toBe(1)
  })

  test('executes a request late, when the test says so', async () => {
    const fault = proxy.duplicate({ match: 'SET', when: 'later' })
    await client.set(key, 'mine', 'NX')
    await client.del(key)
    expect(await client.exists(key)).toBe(0)
    expect(await fault.deliver()).toEqual(['OK'])
    expect(await client.get(key)).toBe('mine')
    expect(await fault.deliver()).toEqual(['OK'])
  })

  test('reports what the server says to the copy', async () => {
    const fault = proxy.duplicate({ match: 'LPUSH', when: 'later' })
    await client.lpush(key, 'a')
    await client.set(key, 'no list')
    expect(String(await fault.deliver())).toContain('WRONGTYPE')
  })

  test('is logged in, and on the database of the original', async () => {
    await using locked = await startRedis({ own: true, args: ['--requirepass', 'secret'] })
    await using guarded = await startFaultProxy({ target: locked })
    const fault = guarded.duplicate({ match: 'INCR' })
    const user = new Redis(guarded.port, { password: 'secret', db: 3 })
    expect(await user.incr(key)).toBe(1)
    expect(await fault.deliver()).toEqual([2])
    user.disconnect()
  })
})

describe('every fault', () => {
  test('is counted', async () => {
    proxy.loseReply({ match: 'INCR', times: 2 })
    proxy.loseRequest({ match: 'GET' })
    await client.incr(key)
    await eventually(() => expect(proxy.stats().open).toBe(1))
    const { connections, commands, faults } = proxy.stats()
    expect(connections).toBe(3)
    expect(commands).toBeGreaterThanOrEqual(3)
    expect(faults).toEqual([
      { kind: 'loseReply', fired: 2 },
      { kind: 'loseRequest', fired: 0 },
    ])
  })

  test('that is awaited rejects when it is cancelled', async () => {
    const fault = proxy.loseReply({ match: 'INCR' })
    const fired = fault.whenFired()
    fault.cancel()
    await expect(fired).rejects.toThrow('the fault loseReply was cancelled')
    const other = proxy.loseReply({ match: 'INCR' })
    await proxy.stop()
    await expect(other.whenFired()).rejects.toThrow('the proxy was stopped')
  })

  test('is checked when it is armed', () => {
    expect(() => proxy.loseReply({ match: 'INCR', times: 0 })).toThrow(RangeError)
    expect(() => proxy.delay({ direction: 'reply', ms: -1 })).toThrow(RangeError)
    expect(() => proxy.cut({ direction: 'reply', bytes: '', when: 'before' })).toThrow(RangeError)
  })

  test('that ends a connection spares it the ones that were armed later', async () => {
    const first = proxy.loseReply({ match: 'INCR' })
    const second = proxy.loseReply({ match: 'INCR' })
    expect(await client.incr(key)).toBe(3)
    expect([first.fired, second.fired]).toEqual([1, 1])
  })
})
