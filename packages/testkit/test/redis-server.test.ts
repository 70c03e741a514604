import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.js'
import { connectRaw, freePort, startRedis, type RedisServer, type Reply } from '../src/redis/index.js'

// A server of this test's own, whatever REDIS_URL says.
const start = (args?: readonly string[]): Promise<RedisServer> => startRedis({ own: true, ...(args ? { args } : {}) })

const ask = async (server: { port: number }, ...words: string[]): Promise<Reply> => {
  await using client = await connectRaw(server.port)
  return await client.command(...words)
}

describe('a started server', () => {
  let redis: RedisServer
  beforeAll(async () => void (redis = await start()))
  afterAll(() => redis.stop())

  test('answers at its url, empty and without persistence', async () => {
    expect(redis.url).toBe(`redis://${redis.host}:${redis.port}`)
    expect(await ask(redis, 'DBSIZE')).toBe(0)
    expect(await ask(redis, 'CONFIG', 'GET', 'save')).toEqual(['save', ''])
    expect(await ask(redis, 'CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'no'])
  })

  test('is of the version that it says', async () => {
    expect(await ask(redis, 'INFO', 'server')).toContain(`${redis.product}_version:${redis.version}`)
  })

  test('can be frozen and goes on where it was', async () => {
    await using client = await connectRaw(redis.port)
    await redis.pause()
    const reply = client.command('PING')
    const timeout = new Promise((resolve) => setTimeout(resolve, 50, 'silence'))
    expect(await Promise.race([reply, timeout])).toBe('silence')
    await redis.resume()
    expect(await reply).toBe('PONG')
  })

  test('runs beside others', async () => {
    await using other = await start()
    expect(other.port).not.toBe(redis.port)
    await ask(other, 'SET', 'k', 'v')
    expect(await ask(redis, 'GET', 'k')).toBeNull()
  })

  test('is an immutable handle', () => {
    expect(Object.isFrozen(redis)).toBe(true)
  })
})

describe('kill and restart', () => {
  test('come back empty on the same port', async () => {
    await using redis = await start()
    const { port, pid } = redis
    await ask(redis, 'SET', 'k', 'v')
    await redis.kill()
    expect(redis.pid).toBeUndefined()
    await expect(connectRaw(port)).rejects.toThrow('ECONNREFUSED')
    await redis.restart()
    expect(redis.port).toBe(port)
    if (pid !== undefined) expect(redis.pid).not.toBe(pid)
    expect(await ask(redis, 'GET', 'k')).toBeNull()
  })

  test('keep what an append-only file holds', async () => {
    await using redis = await start(['--appendonly', 'yes', '--appendfsync', 'always'])
    await ask(redis, 'SET', 'k', 'v')
    await redis.restart()
    expect(await ask(redis, 'GET', 'k')).toBe('v')
  })

  test('work on a frozen server', async () => {
    await using redis = await start()
    await redis.pause()
    await redis.restart()
    expect(await ask(redis, 'PING')).toBe('PONG')
  })

  test('work after the server ended by itself', async () => {
    await using redis = await start()
    await ask(redis, 'SHUTDOWN', 'NOSAVE').catch(() => {})
    await redis.restart()
    expect(await ask(redis, 'PING')).toBe('PONG')
  })
})

describe('stop', () => {
  test('ends the server, may be repeated, and is final', async () => {
    const redis = await start()
    await Promise.all([redis.stop(), redis.stop()])
    await expect(connectRaw(redis.port)).rejects.toThrow('ECONNREFUSED')
    await expect(redis.restart()).rejects.toThrow('this Redis server was stopped')
  })

  test('leaves no files', async () => {
    const redis = await start(['--appendonly', 'yes'])
    const [, directory] = (await ask(redis, 'CONFIG', 'GET', 'dir')) as [string, string]
    await redis.stop()
    if (redis.source !== 'docker') expect(existsSync(directory)).toBe(false)
  })

  test('waits for what was asked before', async () => {
    const redis = await start()
    const restarted = redis.restart()
    await redis.stop()
    await restarted
    await expect(connectRaw(redis.port)).rejects.toThrow('ECONNREFUSED')
  })
})

describe('options', () => {
  test('hands arguments on to the server', async () => {
    await using redis = await start(['--maxmemory', '5mb', '--requirepass', 'secret'])
    await using client = await connectRaw(redis.port)
    await expect(client.command('GET', 'k')).rejects.toThrow('NOAUTH')
    expect(await client.command('AUTH', 'secret')).toBe('OK')
    expect(await client.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', `${5 * 1024 * 1024}`])
  })

  test('says what the server says when it does not start', async () => {
    await expect(start(['--no-such-option', 'x'])).rejects.toThrow(/no-such-option/)
  })

  test('takes the wanted port', async () => {
    const port = await freePort()
    await using redis = await startRedis({ port })
    expect(redis.port).toBe(port)
    expect(await ask(redis, 'PING')).toBe('PONG')
  })

  test('does not mistake somebody else on the port for its server', async () => {
    await using other = await start()
    await expect(startRedis({ port: other.port })).rejects.toThrow(/address already in use|port is already allocated/i)
  })
})

describe('connectRaw', () => {
  test('rejects what was asked when the connection ends', async () => {
    const server = createServer((socket) => socket.destroy()).listen(await freePort(), '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const client = await connectRaw(address.port)
    await expect(client.command('PING')).rejects.toThrow('the connection')
    server.close()
  })

  test('keeps replies and pushes apart', async () => {
    await using redis = await start()
    const messages: Reply[] = []
    await using client = await connectRaw(redis.port, { onPush: (message) => messages.push(message) })
    await client.command('HELLO', '3')
    await client.command('CLIENT', 'TRACKING', 'ON', 'BCAST')
    expect(await client.command('SET', 'k', 'v')).toBe('OK')
    await eventually(() => expect(messages).toEqual([['invalidate', ['k']]]))
  })
})
