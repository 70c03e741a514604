import { once } from 'node:events'
import { connect } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.js'
import { startFaultProxy, type FaultProxy } from '../src/faults/index.js'
import { connectRaw, encodeCommand, startRedis, type RedisServer, type Reply } from '../src/redis/index.js'

let redis: RedisServer
let proxy: FaultProxy

beforeAll(async () => void (redis = await startRedis({ own: true })))
afterAll(() => redis.stop())
beforeEach(async () => void (proxy = await startFaultProxy({ target: redis })))
afterEach(() => proxy.stop())

/** Sends bytes in pieces, each on its own, and collects the answer until the connection ends. */
const talk = async (port: number, pieces: readonly (string | Buffer)[]): Promise<string> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  for (const piece of pieces)
    await new Promise<void>((resolve) => void socket.write(piece, () => setImmediate(resolve)))
  await once(socket, 'close')
  return text
}

describe('what passes', () => {
  test('is the same, in packets of one byte', async () => {
    const bytes = Buffer.concat([
      encodeCommand(['SET', 'ключ', 'a\r\nb']),
      encodeCommand(['GET', 'ключ']),
      Buffer.from('PING hello\r\n\r\n'),
      encodeCommand(['QUIT']),
    ])
    const pieces = [...bytes].map((byte) => Buffer.from([byte]))
    expect(await talk(proxy.port, pieces)).toBe('+OK\r\n$4\r\na\r\nb\r\n$5\r\nhello\r\n+OK\r\n')
    expect(proxy.stats()).toMatchObject({ connections: 1, commands: 4 })
  })

  test('is the same, in one packet', async () => {
    const commands = Array.from({ length: 1000 }, (_, index) => encodeCommand(['ECHO', `${index}`]))
    const text = await talk(proxy.port, [Buffer.concat([...commands, encodeCommand(['QUIT'])])])
    expect(text).toBe(
      Array.from({ length: 1000 }, (_, index) => `$${`${index}`.length}\r\n${index}\r\n`).join('') + '+OK\r\n',
    )
    expect(proxy.stats().commands).toBe(1001)
  })

  test('is bytes, not text', async () => {
    const binary = Buffer.from([0, 255, 254, 13, 10, 128])
    const client = new Redis(proxy.port)
    await client.set('binary', binary)
    expect(await client.getBuffer('binary')).toEqual(binary)
    const large = Buffer.alloc(3_000_000, 'x')
    await client.set('binary', large)
    expect((await client.getBuffer('binary'))?.equals(large)).toBe(true)
    client.disconnect()
  })

  test('includes what is no Redis at all', async () => {
    expect(await talk(proxy.port, ['*nonsense\r\n'])).toMatch(/^-ERR Protocol error/)
  })

  test('ends for both when the server ends', async () => {
    await using other = await startRedis({ own: true })
    await using front = await startFaultProxy({ target: other })
    await using client = await connectRaw(front.port)
    await client.command('PING')
    await other.kill()
    await eventually(() => expect(client.command('PING')).rejects.toThrow('closed'))
    await eventually(() => expect(front.stats().open).toBe(0))
    await expect(connectRaw(front.port).then((late) => late.command('PING'))).rejects.toThrow('the connection')
  })
})

describe('replies are separated', () => {
  test('from pushes of RESP3', async () => {
    const messages: Reply[] = []
    await using client = await connectRaw(proxy.port, { onPush: (message) => messages.push(message) })
    await client.command('HELLO', '3')
    await client.command('CLIENT', 'TRACKING', 'ON', 'BCAST')
    const fault = proxy.loseReply({ match: 'GET' })
    expect(await client.command('SET', 'tracked', '1')).toBe('OK')
    expect(await client.command('SET', 'tracked', '2')).toBe('OK')
    await eventually(() => expect(messages.length).toBeGreaterThan(0))
    await expect(client.command('GET', 'tracked')).rejects.toThrow('closed')
    expect(fault.fired).toBe(1)
  })

  test('from the answers to a RESP3 subscription', async () => {
    const messages: Reply[] = []
    await using client = await connectRaw(proxy.port, { onPush: (message) => messages.push(message) })
    await client.command('HELLO', '3')
    void client.command('SUBSCRIBE', 'news', 'more').catch(() => {})
    await eventually(() => expect(messages).toHaveLength(2))
    const fault = proxy.loseReply({ match: 'ECHO' })
    await using other = await connectRaw(redis.port)
    await other.command('PUBLISH', 'news', 'hello')
    await eventually(() => expect(messages.at(-1)).toEqual(['message', 'news', 'hello']))
    await expect(client.command('ECHO', 'a')).rejects.toThrow('closed')
    expect(fault.fired).toBe(1)
  })

  test.each([2, 3] as const)('on a subscribed ioredis of RESP%i, which just passes', async (protocol) => {
    const subscriber = new Redis(proxy.port, { protocol })
    const fault = proxy.loseReply({ match: 'SUBSCRIBE', times: Infinity })
    const heard = new Promise((resolve) => subscriber.once('message', (...message) => resolve(message)))
    await subscriber.subscribe('news')
    await using publisher = await connectRaw(redis.port)
    await publisher.command('PUBLISH', 'news', 'hello')
    expect(await heard).toEqual(['news', 'hello'])
    expect(fault.fired).toBe(0)
    subscriber.disconnect()
  })

  test('on a connection that a replica uses', async ({ skip }) => {
    if (redis.source === 'docker') skip('a container cannot reach a proxy on 127.0.0.1 of its host')
    const atOnce = ['--repl-diskless-sync-delay', '0']
    await using master = await startRedis({ own: true, args: atOnce })
    await using between = await startFaultProxy({ target: master })
    await using writer = await connectRaw(master.port)
    await writer.command('SET', 'replicated', 'yes')
    await using replica = await startRedis({ own: true, args: ['--replicaof', '127.0.0.1', `${between.port}`] })
    await using reader = await connectRaw(replica.port)
    await eventually(async () => expect(await reader.command('GET', 'replicated')).toBe('yes'))
    await writer.command('SET', 'replicated', 'still')
    await eventually(async () => expect(await reader.command('GET', 'replicated')).toBe('still'))
  })
})

describe('cut', () => {
  test('acts before the bytes pass, whatever packets they come in', async () => {
    const fault = proxy.cut({ direction: 'request', bytes: 'SECRET', when: 'before' })
    expect(await talk(proxy.port, ['SET cut:a SEC', 'RE', 'T\r\n'])).toBe('')
    expect(fault.fired).toBe(1)
    await using client = await connectRaw(redis.port)
    expect(await client.command('EXISTS', 'cut:a')).toBe(0)
    expect(await talk(proxy.port, ['SET cut:a SECRET\r\nQUIT\r\n'])).toBe('+OK\r\n+OK\r\n')
  })

  test('acts after the bytes passed to the server, which executes them', async () => {
    const fault = proxy.cut({ direction: 'request', bytes: Buffer.from('cut:b'), when: 'after' })
    expect(await talk(proxy.port, ['INCR cut:b\r\n'])).toBe('')
    expect(fault.fired).toBe(1)
    await using client = await connectRaw(redis.port)
    await eventually(async () => expect(await client.command('GET', 'cut:b')).toBe('1'))
  })

  test('acts before or after a reply', async () => {
    proxy.cut({ direction: 'reply', bytes: 'needle', when: 'before' })
    expect(await talk(proxy.port, ['ECHO hay\r\nECHO a-needle\r\nECHO hay\r\n'])).toBe('$3\r\nhay\r\n')
    proxy.cut({ direction: 'reply', bytes: 'needle', when: 'after' })
    expect(await talk(proxy.port, ['ECHO hay\r\nECHO a-needle\r\nECHO hay\r\n'])).toBe(
      '$3\r\nhay\r\n$8\r\na-needle\r\n',
    )
  })
})
