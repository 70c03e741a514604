import { beforeEach, describe, expect, test } from 'vitest'
import type { Claim, Turn } from '../../src/index.js'
import { redisBackend, type RedisTransport, type Subscriber, type SubscriberEvents } from '../../src/redis/index.js'
import { askOthers, isUncontended } from './scripted.js'

/** A fake server: it answers as the test says, and keeps the messages that each claim asks it to send. */
class FakeServer implements RedisTransport {
  readonly name = 'fake'
  readonly clustered = false
  answer: () => Promise<unknown> = async () => 'b5000:0'
  readonly turns: string[] = []
  channels: readonly string[] = []
  connections = 0
  tell: (message: string, channel?: string) => void = () => {}

  async evalsha(sha1: string, keys: string[], args: string[]): Promise<unknown> {
    if (isUncontended(sha1)) return askOthers(keys)
    const [, , , , turn] = args
    if (turn !== undefined) this.turns.push(turn)
    return this.answer()
  }

  eval(): Promise<unknown> {
    return this.answer()
  }

  openSubscriber({ onMessage }: SubscriberEvents): Subscriber {
    this.connections += 1
    return {
      connect: async () => {},
      subscribe: async (channels) => {
        this.channels = channels
        const [inbox = ''] = channels
        this.tell = (message, channel = inbox) => onMessage(message, channel)
      },
      unsubscribe: async () => {},
      close: () => {},
    }
  }
}

const claim = (owner: string): Claim => ({
  name: 'name',
  owner,
  ttlMs: 10_000,
  mode: 'exclusive',
  limit: 1,
  lineMs: 3_000,
})

describe('whoever waits is told of its turn', () => {
  let server: FakeServer
  let heard: Turn[]
  let ask: (owner: string) => Promise<unknown>
  let release: (owner: string) => Promise<unknown>

  beforeEach(async () => {
    server = new FakeServer()
    heard = []
    const backend = redisBackend(server)
    await backend.watch?.((turn) => heard.push(turn))
    ask = (owner) => backend.acquire(claim(owner)).catch((error: unknown) => error)
    release = (owner) => backend.release({ name: 'name', owner })
  })

  const tellAll = (): void => server.turns.forEach((turn) => server.tell(`${turn} 77`))

  test('once, after the store has refused it', async () => {
    await ask('a')
    tellAll()
    tellAll()
    expect(heard).toEqual([{ type: 'turn', name: 'name', owner: 'a', granted: { fence: 77 } }])
  })

  test('though the answer to its question was lost', async () => {
    server.answer = async () => {
      throw new Error('the connection was closed')
    }
    await ask('a')
    tellAll()
    expect(heard.length).toBe(1)
  })

  test('as a grant for its last question only: an earlier one is a hint', async () => {
    await ask('a')
    await ask('a')
    expect(new Set(server.turns).size).toBe(2)
    server.tell(`${server.turns[0]} 77`)
    expect(heard).toEqual([{ type: 'turn', name: 'name', owner: 'a' }])
    server.tell(`${server.turns[1]} 78`)
    expect(heard[1]).toEqual({ type: 'turn', name: 'name', owner: 'a', granted: { fence: 78 } })
    expect(heard.length).toBe(2)
  })

  test('by the place that it has, when a later question was not executed', async () => {
    await ask('a')
    server.answer = async () => {
      throw new Error('LOADING Redis is loading the dataset in memory')
    }
    for (let i = 0; i < 3; i++) expect(await ask('a')).toMatchObject({ executed: 'no' })
    tellAll()
    expect(heard).toEqual([{ type: 'turn', name: 'name', owner: 'a' }])
  })

  test.each([
    'OOM command not allowed when used memory > maxmemory',
    'READONLY You cannot write against a read only replica.',
    'NOPERM this user has no permissions to run this command',
    'WRONGTYPE Operation against a key holding the wrong kind of value',
  ])('and is forgotten, whoever it was, when the store refused the command: %s', async (message) => {
    server.answer = async () => {
      throw new Error(message)
    }
    for (let i = 0; i < 300; i++) expect(await ask(`owner-${i}`)).toMatchObject({ executed: 'no' })
    expect(server.turns.length).toBe(300)
    tellAll()
    expect(heard).toEqual([])
  })

  test('and is forgotten when it was granted, or has given up', async () => {
    server.answer = async () => 'a77'
    await ask('granted')
    server.answer = async () => 'b5000:0'
    await ask('gave up')
    server.answer = async () => 'n'
    await release('gave up')
    tellAll()
    expect(heard).toEqual([])
  })

  test('and whoever holds a name that is taken by force, over the same subscription, whoever sends it', async () => {
    const [inbox, lost] = server.channels
    expect([server.connections, server.channels.length]).toEqual([1, 2])
    expect(inbox).toMatch(/^lock:turn:[\da-f-]{36}$/)
    expect(lost).toBe('lock:turn:lost')
    const names = ['name', '', 'a name 77', '\0', '{x}:~🔒']
    for (const name of names) server.tell(name, lost)
    expect(heard).toEqual(names.map((name) => ({ type: 'taken', name, owner: null })))
  })

  test('by its own secret in its own inbox only', async () => {
    await ask('a')
    server.tell(`${server.turns[0]} 77`, 'lock:turn:lost')
    expect(heard.filter((turn) => turn.type === 'turn')).toEqual([])
    tellAll()
    expect(heard.at(-1)).toEqual({ type: 'turn', name: 'name', owner: 'a', granted: { fence: 77 } })
  })
})
