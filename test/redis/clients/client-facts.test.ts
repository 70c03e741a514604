import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, freePort, startRedis } from '@holdfast/testkit/redis'
import { Redis, ReplyError } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../../support/eventually.js'

// Facts that the adapters and the scripts rely on. A new version of a client or a server that breaks one of these has
// to be noticed here, and not by the users of a lock.

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
const { port } = server

function ioredis(to: number, options: object = {}): Redis & Disposable {
  const client = new Redis(to, { retryStrategy: () => 20, ...options })
  client.on('error', () => {})
  return Object.assign(client, { [Symbol.dispose]: () => client.disconnect() })
}

async function nodeRedis(to: number, options: object = {}): Promise<ReturnType<typeof createClient> & Disposable> {
  const client = createClient({ socket: { host: '127.0.0.1', port: to }, ...options })
  client.on('error', () => {})
  await client.connect()
  const end = (): void => void (client.isOpen && client.destroy())
  return Object.assign(client as ReturnType<typeof createClient>, { [Symbol.dispose]: end })
}

describe.concurrent('ioredis', () => {
  test('sends a command again whose reply was lost: executed twice, and SET NX is refused for its own key', async () => {
    await using proxy = await startFaultProxy({ target: server })
    using client = ioredis(proxy.port)
    const [counter, key] = [freshName(), freshName()]
    proxy.loseReply({ match: 'incr' })
    expect(await client.incr(counter)).toBe(2)
    proxy.loseReply({ match: 'set' })
    expect(await client.set(key, 'mine', 'PX', 60_000, 'NX')).toBeNull()
    expect(await raw.command('GET', key)).toBe('mine')
  })

  test('without that, leaves such a command pending for ever', async () => {
    await using proxy = await startFaultProxy({ target: server })
    using client = ioredis(proxy.port, { autoResendUnfulfilledCommands: false })
    const lost = proxy.loseReply({ match: 'incr' })
    let settled = false
    const done = (): void => void (settled = true)
    client.incr(freshName()).then(done, done)
    await lost.whenFired()
    await eventually(() => expect(proxy.stats().connections).toBe(2))
    await eventually(() => expect(client.status).toBe('ready'))
    expect(await client.ping()).toBe('PONG')
    expect(settled).toBe(false)
  })

  test('executes a command later that it has timed out', async () => {
    await using proxy = await startFaultProxy({ target: server })
    using client = ioredis(proxy.port, { commandTimeout: 300 })
    await eventually(() => client.ping())
    const name = freshName()
    const slow = proxy.hold({ direction: 'request', match: 'incr' })
    expect(String(await rejection(client.incr(name)))).toContain('Command timed out')
    slow.release()
    await eventually(async () => expect(await raw.command('GET', name)).toBe('1'))
  })

  test('carries the arguments of a command in the error that answers it, and not in the message', async () => {
    using client = ioredis(port)
    const error = await rejection(client.eval("return redis.error_reply('ERR no')", 1, 'key', 'a secret'))
    expect(error).toBeInstanceOf(ReplyError)
    expect(JSON.stringify(error)).toContain('a secret')
    expect(String(error)).not.toContain('a secret')
  })

  test('says so when it may not queue a command', async () => {
    using client = ioredis(await freePort(), { enableOfflineQueue: false })
    expect(String(await rejection(client.ping()))).toMatch(/^Error: Stream isn't writeable/)
  })

  test('puts its keyPrefix before keys, and before neither arguments nor channels', async () => {
    using client = ioredis(port, { keyPrefix: 'p:' })
    expect(await client.eval('return { KEYS[1], ARGV[1] }', 1, 'key', 'arg')).toEqual(['p:key', 'arg'])
    const channel = freshName()
    const subscriber = client.duplicate()
    await subscriber.subscribe(channel)
    expect(await raw.command('PUBSUB', 'CHANNELS', channel)).toEqual([channel])
    subscriber.disconnect()
  })

  test('makes duplicates without the listeners of the original, which subscribe again when they reconnect', async () => {
    await using own = await startRedis({ own: true })
    await using direct = await connectRaw(own)
    using client = ioredis(own.port)
    const copy = client.duplicate()
    expect(copy.listenerCount('error')).toBe(0)
    copy.on('error', () => {})
    await copy.subscribe('channel')
    expect(await direct.command('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1)
    await eventually(async () => expect(await direct.command('PUBSUB', 'CHANNELS')).toEqual(['channel']))
    copy.disconnect()
  })
})

describe.concurrent('node-redis', () => {
  test('never sends a command again: executed once, and rejected', async () => {
    await using proxy = await startFaultProxy({ target: server })
    using client = await nodeRedis(proxy.port)
    const name = freshName()
    proxy.loseReply({ match: 'incr' })
    const error = await rejection(client.incr(name))
    expect((error as Error).constructor.name).toBe('SocketClosedUnexpectedlyError')
    expect(await client.incr(name)).toBe(2)
  })

  test('says by the name of the error that a command never left: closed, offline', async () => {
    using closed = await nodeRedis(port)
    closed.destroy()
    expect(((await rejection(closed.ping())) as Error).constructor.name).toBe('ClientClosedError')
    await using own = await startRedis({ own: true })
    using offline = await nodeRedis(own.port, { disableOfflineQueue: true })
    await own.kill()
    await eventually(() => expect(offline.isReady).toBe(false))
    expect(((await rejection(offline.ping())) as Error).constructor.name).toBe('ClientOfflineError')
  })

  test('does not show the arguments of a command in the error that answers it', async () => {
    using client = await nodeRedis(port)
    const options = { keys: ['key'], arguments: ['a secret'] }
    const error = await rejection(client.eval("return redis.error_reply('ERR no')", options))
    expect((error as Error).message).toMatch(/^ERR no/)
    expect(
      JSON.stringify(Object.getOwnPropertyNames(error).map((key) => Reflect.get(error as Error, key) as unknown)),
    ).not.toContain('a secret')
  })

  test('does not time out a command that it has written', async () => {
    await using proxy = await startFaultProxy({ target: server })
    using client = await nodeRedis(proxy.port, { commandOptions: { timeout: 50 } })
    await client.ping()
    const slow = proxy.hold({ direction: 'reply', match: 'incr' })
    const answer = client.incr(freshName())
    await slow.whenFired()
    await new Promise((resolve) => setTimeout(resolve, 200))
    slow.release()
    expect(await answer).toBe(1)
  })

  test('makes duplicates without the listeners of the original, which subscribe again when they reconnect', async () => {
    await using own = await startRedis({ own: true })
    await using direct = await connectRaw(own)
    using client = await nodeRedis(own.port)
    const copy = client.duplicate()
    expect(copy.listenerCount('error')).toBe(0)
    copy.on('error', () => {})
    await copy.connect()
    await copy.subscribe('channel', () => {})
    expect(await direct.command('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1)
    await eventually(async () => expect(await direct.command('PUBSUB', 'CHANNELS')).toEqual(['channel']))
    copy.destroy()
  })

  test('without an error listener throws at the first disconnect', async () => {
    const client = createClient({ socket: { host: '127.0.0.1', port } })
    expect(() => client.emit('error', new Error('thrown'))).toThrow('thrown')
  })
})

describe.concurrent('Redis', () => {
  test('deletes what is to expire at once, so that a ttl of 0 must never be sent', async () => {
    const key = freshName()
    await raw.command('SET', key, 'x')
    expect(await raw.command('PEXPIRE', key, '0')).toBe(1)
    expect(await raw.command('EXISTS', key)).toBe(0)
  })

  test('keeps what a script wrote before it failed, so that a refusal must come first', async () => {
    const key = freshName()
    const script = "redis.call('SET', KEYS[1], 'x') return redis.call('LPUSH', KEYS[1], 'y')"
    expect(String(await rejection(raw.command('EVAL', script, '1', key)))).toContain('WRONGTYPE')
    expect(await raw.command('GET', key)).toBe('x')
  })

  test('says NOSCRIPT for a script that it does not know, and ERR for a command that a script may not send', async () => {
    expect(String(await rejection(raw.command('EVALSHA', 'f'.repeat(40), '0')))).toContain('NOSCRIPT')
    const name = freshName()
    await raw.command('ACL', 'SETUSER', name, 'on', '>p', '~*', '+@all', '-time')
    await using user = await connectRaw(server)
    await user.command('AUTH', name, 'p')
    expect(String(await rejection(user.command('EVAL', "return redis.call('TIME')", '0')))).toMatch(
      /(NOPERM|ERR The user)/,
    )
  })

  test('writes numbers of a script with too few digits, unless they are formatted', async () => {
    expect(await raw.command('EVAL', 'return tostring(1795172903138388)', '0')).toBe('1.7951729031384e+15')
    expect(await raw.command('EVAL', "return string.format('%.0f', 1795172903138388)", '0')).toBe('1795172903138388')
  })
})
