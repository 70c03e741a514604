import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { eventually, timed } from '../../../test/support/eventually.js'
import { startFaultProxy, type FaultProxy } from '../src/faults/index.js'
import { connectRaw, freePort, startRedis, type RawClient, type RedisServer } from '../src/redis/index.js'
import { readCommand } from '../src/redis/wire/resp.js'
import { createSplitter } from '../src/redis/wire/stream.js'

let redis: RedisServer
let direct: RawClient
let proxy: FaultProxy

beforeAll(async () => {
  redis = await startRedis({ own: true })
  direct = await connectRaw(redis.port)
})
afterAll(async () => {
  direct.close()
  await redis.stop()
})
beforeEach(async () => void (proxy = await startFaultProxy({ target: redis })))
afterEach(() => proxy.stop())

/** A server in this process: no other process can hold up the calls that are timed. */
async function answering(): Promise<AsyncDisposable & { readonly host: string; readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    const split = createSplitter(readCommand)
    socket.on('data', (chunk: Buffer) => split(chunk).forEach(() => socket.write('+PONG\r\n')))
  })
  const port = await freePort()
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { host: '127.0.0.1', port, [Symbol.asyncDispose]: close }
}

describe('delay', () => {
  test.each(['request', 'reply'] as const)('adds latency to every %s, not the sum of latencies', async (direction) => {
    await using server = await answering()
    await using slow = await startFaultProxy({ target: server })
    await using client = await connectRaw(slow.port)
    await client.command('PING')
    const fault = slow.delay({ direction, ms: 60 })
    const since = performance.now()
    const { ms } = await timed(Promise.all(Array.from({ length: 50 }, () => client.command('PING'))))
    expect(performance.now() - since).toBeGreaterThan(55)
    expect(ms).toBeLessThan(1500)
    expect(fault.fired).toBe(50)
    fault.cancel()
    expect(await client.command('PING')).toBe('PONG')
    expect(fault.fired).toBe(50)
  })

  test('holds up what is behind, never the order', async () => {
    await using client = await connectRaw(proxy.port)
    proxy.delay({ direction: 'request', ms: 40, match: 'SET' })
    const order: string[] = []
    const told = (text: string) => (): unknown => order.push(text)
    await Promise.all([
      client.command('PING').then(told('first')),
      client.command('SET', 'delayed', '1').then(told('delayed')),
      client.command('GET', 'delayed').then(told('behind')),
    ])
    expect(order).toEqual(['first', 'delayed', 'behind'])
  })

  test('of a request outlasts the client, as in a network', async () => {
    const client = await connectRaw(proxy.port)
    const fault = proxy.delay({ direction: 'request', ms: 40, match: 'SET' })
    void client.command('SET', 'late', 'yes').catch(() => {})
    await fault.whenFired()
    client.close()
    await eventually(async () => expect(await direct.command('GET', 'late')).toBe('yes'))
    await eventually(() => expect(proxy.stats().open).toBe(0))
  })
})

describe('hold', () => {
  test('keeps a reply until it is released', async () => {
    await using client = await connectRaw(proxy.port)
    const held = proxy.hold({ direction: 'reply', match: 'INCR' })
    const settled = vi.fn<(outcome: unknown) => void>()
    const reply = client.command('INCR', 'held').then(settled)
    await held.whenFired()
    expect(await direct.command('GET', 'held')).toBe('1')
    expect(settled).not.toHaveBeenCalled()
    held.release()
    await reply
    expect(settled).toHaveBeenCalledWith(1)
    expect(held.fired).toBe(1)
    expect(await client.command('INCR', 'held')).toBe(2)
  })

  test('keeps a request until it is released, when its client is long gone', async () => {
    const client = await connectRaw(proxy.port)
    const held = proxy.hold({ direction: 'request', match: 'SET' })
    void client.command('SET', 'held:late', 'yes').catch(() => {})
    await held.whenFired()
    client.close()
    expect(await direct.command('EXISTS', 'held:late')).toBe(0)
    held.release()
    await eventually(async () => expect(await direct.command('GET', 'held:late')).toBe('yes'))
  })
})

describe('refuse', () => {
  test('resets and refuses, and accepts again on the same port', async () => {
    const client = new Redis(proxy.port, { retryStrategy: () => 1 })
    client.on('error', () => {})
    await client.ping()
    expect(proxy.refuse()).toBe(1)
    await expect(connectRaw(proxy.port)).rejects.toThrow('ECONNREFUSED')
    const delayed = client.ping()
    await proxy.accept()
    expect(await delayed).toBe('PONG')
    client.disconnect()
  })

  test('can keep the connections that are open', async () => {
    await using client = await connectRaw(proxy.port)
    await client.command('PING')
    expect(proxy.refuse({ existing: 'keep' })).toBe(0)
    await expect(connectRaw(proxy.port)).rejects.toThrow('ECONNREFUSED')
    expect(await client.command('PING')).toBe('PONG')
    await proxy.accept()
    await using other = await connectRaw(proxy.port)
    expect(await other.command('PING')).toBe('PONG')
  })
})

describe('blackhole', () => {
  test('swallows replies while the server goes on', async () => {
    await using client = await connectRaw(proxy.port)
    const hole = proxy.blackhole('reply')
    const settled = vi.fn<(outcome: unknown) => void>()
    void client.command('INCR', 'swallowed').then(settled, settled)
    await hole.whenFired()
    expect(await direct.command('GET', 'swallowed')).toBe('1')
    expect(settled).not.toHaveBeenCalled()
  })

  test('swallows requests of new connections too', async () => {
    const hole = proxy.blackhole()
    await using client = await connectRaw(proxy.port)
    const settled = vi.fn<(outcome: unknown) => void>()
    void client.command('INCR', 'never').then(settled, settled)
    await hole.whenFired()
    expect(await direct.command('EXISTS', 'never')).toBe(0)
    expect(settled).not.toHaveBeenCalled()
  })

  test('heals: what lost bytes is reset, what did not goes on', async () => {
    await using idle = await connectRaw(proxy.port)
    expect(await idle.command('PING')).toBe('PONG')
    const client = new Redis(proxy.port, { retryStrategy: () => 1 })
    client.on('error', () => {})
    await client.ping()
    const hole = proxy.blackhole('request')
    const reply = client.incr('healed')
    await hole.whenFired()
    expect(proxy.heal()).toBe(1)
    expect(await reply).toBe(1)
    expect(await idle.command('PING')).toBe('PONG')
    client.disconnect()
  })
})

describe('halfOpen', () => {
  test('ends the server side only, and new connections work', async () => {
    await using client = await connectRaw(proxy.port)
    await client.command('CLIENT', 'SETNAME', 'half')
    expect(proxy.halfOpen()).toBe(1)
    await eventually(async () => expect(await direct.command('CLIENT', 'LIST')).not.toContain('name=half'))
    const settled = vi.fn<(outcome: unknown) => void>()
    void client.command('PING').then(settled, settled)
    await using other = await connectRaw(proxy.port)
    expect(await other.command('PING')).toBe('PONG')
    expect(settled).not.toHaveBeenCalled()
    expect(proxy.cutAll()).toBe(2)
    await eventually(() => expect(settled).toHaveBeenCalledOnce())
  })
})

describe('cutAll and stop', () => {
  test('leave nothing open, on either side', async () => {
    const clients = await Promise.all([connectRaw(proxy.port), connectRaw(proxy.port)])
    await Promise.all(clients.map((client) => client.command('CLIENT', 'SETNAME', 'cut-all')))
    expect(proxy.cutAll()).toBe(2)
    await eventually(() => expect(proxy.stats().open).toBe(0))
    await eventually(async () => expect(await direct.command('CLIENT', 'LIST')).not.toContain('name=cut-all'))
    await proxy.stop()
    await proxy.stop()
    await expect(connectRaw(proxy.port)).rejects.toThrow('ECONNREFUSED')
    await expect(proxy.accept()).rejects.toThrow('stopped')
  })
})

test('listens on the port of its options', async () => {
  const port = await freePort()
  await using other = await startFaultProxy({ target: { host: redis.host, port: redis.port }, port })
  expect(other).toMatchObject({ host: '127.0.0.1', port, url: `redis://127.0.0.1:${port}` })
  await expect(startFaultProxy({ target: redis, port })).rejects.toThrow('EADDRINUSE')
})
