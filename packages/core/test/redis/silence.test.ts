import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { LockBackend } from '../../src/index.js'
import { type ClientState, redisBackend, type RedisTransport } from '../../src/redis/index.js'
import { claimOf } from './scripted.js'

// The modules take the timers of the platform when they are loaded.
vi.hoisted(() => {
  vi.useFakeTimers()
  vi.resetModules()
})
afterEach(() => vi.clearAllTimers())
afterAll(() => {
  vi.useRealTimers()
  vi.resetModules()
})

/** A connection whose replies the test gives, at any time. */
function connection({ ordered = true, state }: Partial<Pick<RedisTransport, 'ordered' | 'state'>> = {}) {
  const inFlight: { readonly settle: (reply: string | Error) => void }[] = []
  let sent = 0
  const run = (): Promise<unknown> => {
    sent += 1
    return new Promise((resolve, reject) => {
      inFlight.push({ settle: (reply) => (reply instanceof Error ? reject(reply) : resolve(reply)) })
    })
  }
  const transport: RedisTransport = { name: 'test', clustered: false, ordered, evalsha: run, eval: run }
  return {
    transport: state === undefined ? transport : { ...transport, state },
    sent: () => sent,
    reply: (reply: string | Error) => inFlight.shift()?.settle(reply),
  }
}

type Connection = ReturnType<typeof connection>

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const release = (backend: LockBackend, name = 'n') => backend.release(claimOf(name))

/** A backend with a command that has been in flight without an answer for `ms`. */
async function silent(over: Connection, ms: number): Promise<LockBackend> {
  const backend = redisBackend(over.transport)
  release(backend).catch(() => {})
  await pass(ms)
  return backend
}

describe('a connection that answers nothing any more', () => {
  it('is sent further commands for a second, and then no more', async () => {
    const over = connection()
    const backend = await silent(over, 900)
    release(backend).catch(() => {})
    await pass(600)
    expect(over.sent()).toBe(2)
    release(backend).catch(() => {})
    await pass(100)
    expect(over.sent()).toBe(2)
  })

  it.each(['r', new Error('Socket closed unexpectedly')])(
    'is sent the commands that were held back, in their order, as soon as one in flight settles: %s',
    async (reply) => {
      const over = connection()
      const backend = await silent(over, 1_500)
      const outcomes: string[] = []
      const ask = (name: string): Promise<unknown> => release(backend, name).then(() => outcomes.push(name))
      const held = [ask('a')]
      await pass(250)
      held.push(ask('b'))
      await pass(250)
      expect(over.sent()).toBe(1)
      over.reply(reply)
      await pass(1)
      expect(over.sent()).toBe(3)
      over.reply('r')
      over.reply('r')
      await Promise.all(held)
      expect(outcomes).toEqual(['a', 'b'])
    },
  )

  it('refuses a command that was held back for three seconds, as certainly not executed', async () => {
    const over = connection()
    const backend = await silent(over, 1_250)
    const refused = release(backend).catch((error: unknown) => error)
    await pass(3_500)
    expect(await refused).toMatchObject({ executed: 'no', retryable: true })
    expect(String(await refused)).toMatch(/test: the connection has answered nothing for \d+ ms/)
    expect(over.sent()).toBe(1)
  })

  it('is sent a command ever more seldom: a client that writes every two seconds notices nothing', async () => {
    const over = connection()
    const backend = await silent(over, 0)
    const sentAt: number[] = []
    for (let ms = 0; ms < 60_000; ms += 100) {
      const before = over.sent()
      release(backend).catch(() => {})
      await pass(100)
      if (over.sent() > before && ms > 1_000) sentAt.push(ms)
    }
    expect(sentAt.length).toBeGreaterThanOrEqual(2)
    expect(sentAt.length).toBeLessThanOrEqual(4)
    expect(sentAt[0]).toBeGreaterThanOrEqual(4_000)
    const gaps = sentAt.slice(1).map((at, index) => at - (sentAt[index] ?? 0))
    for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(7_000 * 3 ** index)
  })

  it('is one that recovers: an answer to a command sent all the same lets everything through', async () => {
    const over = connection()
    const backend = await silent(over, 4_500)
    const probe = release(backend)
    await pass(1)
    expect(over.sent()).toBe(2)
    over.reply('r')
    over.reply('r')
    expect(await probe).toBe('released')
    release(backend).catch(() => {})
    await pass(1)
    expect(over.sent()).toBe(3)
  })

  it('is known to all backends over one client', async () => {
    const over = connection()
    await silent(over, 1_500)
    const other = redisBackend({ ...over.transport, client: over.transport }, { prefix: 'other:' })
    release(other).catch(() => {})
    await pass(100)
    expect(over.sent()).toBe(1)
  })

  it('is noticed where it cannot be told from another one', async () => {
    const over = connection()
    const backend = redisBackend({ ...over.transport, connection: () => Number.NaN })
    release(backend).catch(() => {})
    await pass(1_500)
    release(backend).catch(() => {})
    await pass(1)
    expect(over.sent()).toBe(1)
  })
})

describe('commands are not held back', () => {
  it('while a slow server answers one after the other', async () => {
    const over = connection()
    const backend = await silent(over, 0)
    for (let sent = 1; sent < 12; sent++) {
      release(backend).catch(() => {})
      await pass(400)
      expect(over.sent()).toBe(sent + 1)
      if (sent % 2 === 0) over.reply('r')
    }
  })

  it('by an idle connection, whose next command is sent at once', async () => {
    const over = connection()
    const backend = await silent(over, 100)
    over.reply('r')
    await pass(60_000)
    release(backend).catch(() => {})
    await pass(1)
    expect(over.sent()).toBe(2)
    expect(vi.getTimerCount()).toBe(1)
  })

  it('where several connections answer in any order', async () => {
    const over = connection({ ordered: false })
    const backend = await silent(over, 5_000)
    release(backend).catch(() => {})
    await pass(1)
    expect(over.sent()).toBe(2)
  })

  it('for what was sent over an earlier connection, and never settles', async () => {
    let current = {}
    const over = connection()
    const backend = redisBackend({ ...over.transport, connection: () => current })
    release(backend).catch(() => {})
    await pass(100)
    current = {}
    await pass(60_000)
    expect(vi.getTimerCount()).toBe(0)
    release(backend).catch(() => {})
    await pass(1)
    expect(over.sent()).toBe(2)
  })

  it('for silence, while the client has no connection', async () => {
    let state: ClientState = 'ready'
    const over = connection({ state: () => state })
    const backend = await silent(over, 500)
    state = 'connecting'
    await pass(2_000)
    state = 'ready'
    release(backend).catch(() => {})
    await pass(1)
    expect(over.sent()).toBe(2)
  })
})
