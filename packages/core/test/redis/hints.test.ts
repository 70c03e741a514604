import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

// Core takes the clock of the platform when it is loaded, so that the fake timers must be there before.
vi.hoisted(() => {
  vi.useFakeTimers()
  vi.resetModules()
})

import type { Claim, LockBackend } from '../../src/index.js'
import { type ClientState, redisBackend, type RedisTransport, type SubscriberEvents } from '../../src/redis/index.js'
import { detached } from '../../src/hints/detached.js'
import { askOthers, isUncontended, rejection } from './scripted.js'

/** An attempt to connect. Its outcome is that of `connect` and `subscribe` at that time. */
interface Attempt {
  readonly events: SubscriberEvents
  readonly channels: Set<string>
  closed: boolean
}

/** A client without a server. */
class FakeClient {
  state: ClientState = 'ready'
  readonly attempts: Attempt[] = []
  readonly secrets: string[] = []
  answer = 'b5000:0'
  connect: () => Promise<void> = async () => {}
  subscribe: () => Promise<void> = async () => {}

  backend(prefix?: string): LockBackend {
    const transport: RedisTransport = {
      name: 'fake',
      clustered: false,
      client: this,
      state: () => this.state,
      evalsha: async (sha1, keys, args) => {
        if (isUncontended(sha1)) return askOthers(keys)
        if (args[4] !== undefined) this.secrets.push(args[4])
        return this.answer
      },
      eval: async () => this.answer,
      openSubscriber: (events) => {
        const attempt: Attempt = { events, channels: new Set(), closed: false }
        this.attempts.push(attempt)
        return {
          connect: () => this.connect(),
          subscribe: async (channels) => {
            await this.subscribe()
            for (const channel of channels) attempt.channels.add(channel)
          },
          unsubscribe: async (channels) => channels.forEach((channel) => attempt.channels.delete(channel)),
          close: () => void (attempt.closed = true),
        }
      },
    }
    return redisBackend(transport, { prefix })
  }

  get last(): Attempt {
    return this.attempts.at(-1) ?? expect.unreachable()
  }

  get open(): number {
    return this.attempts.filter(({ closed }) => !closed).length
  }

  cut(): void {
    this.last.events.onEnd(new Error('the connection was cut'))
  }
}

const NEVER = new Promise<void>(() => {})
const SECOND = 1_000
const MINUTE = 60 * SECOND
const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const refuse = async (): Promise<void> => {
  throw new Error("NOPERM User app has no permissions to run the 'subscribe' command")
}

let client: FakeClient
beforeEach(() => void (client = new FakeClient()))
afterEach(() => vi.clearAllTimers())
afterAll(() => {
  vi.useRealTimers()
  vi.resetModules()
})

interface Watching {
  readonly standing: boolean[]
  readonly turns: unknown[]
  end(): Promise<void>
}

async function watch(backend: LockBackend): Promise<Watching> {
  const [standing, turns]: [boolean[], unknown[]] = [[], []]
  const end = await backend.watch?.(
    (turn) => turns.push(turn),
    (now) => standing.push(now),
  )
  return { standing, turns, end: async () => end?.() }
}

describe('one connection for each client', () => {
  test('shared by all backends over it, and ended with the last who watches', async () => {
    const backends = Array.from({ length: 50 }, (_, i) => client.backend(i < 25 ? 'one:' : 'other:'))
    const watching = await Promise.all(backends.map(watch))
    expect(client.attempts).toHaveLength(1)
    // Two channels for each prefix: for turns, and for names taken by force.
    expect(client.last.channels.size).toBe(4)
    await Promise.all(watching.slice(25).map(({ end }) => end()))
    expect([...client.last.channels].filter((channel) => channel.startsWith('other:'))).toEqual([])
    await Promise.all(watching.slice(1, 25).map(({ end }) => end()))
    expect(client.open).toBe(1)
    await watching[0]?.end()
    expect(client.open).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is another for another client', async () => {
    const other = new FakeClient()
    await Promise.all([watch(client.backend()), watch(other.backend())])
    expect([client.open, other.open]).toEqual([1, 1])
  })

  test('belongs to the async context of nobody', async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    client.connect = async () => void seen.push(storage.getStore())
    await storage.run('of whoever came first', () => watch(client.backend()))
    expect(seen).toEqual([undefined])
  })
})

describe('when it ends', () => {
  test('it is made anew, and those who watch are notified of both', async () => {
    const { standing } = await watch(client.backend())
    client.cut()
    expect(standing).toEqual([false])
    expect(client.open).toBe(0)
    await wait(100)
    expect(standing).toEqual([false, true])
    expect([client.attempts.length, client.open]).toEqual([2, 1])
  })

  test('attempts that fail are made less and less often, but never less than each second', async () => {
    const { standing } = await watch(client.backend())
    client.connect = async () => {
      throw new Error('connect ECONNREFUSED')
    }
    client.cut()
    await wait(MINUTE)
    expect(client.attempts.length).toBeGreaterThan(60)
    expect(client.attempts.length).toBeLessThan(150)
    client.connect = async () => {}
    await wait(SECOND)
    expect(standing).toEqual([false, true])
  })

  test('an attempt that throws at once is one that failed, and other clients have their connections', async () => {
    const { standing } = await watch(client.backend())
    client.connect = () => {
      throw new Error('no such host')
    }
    client.cut()
    await wait(SECOND)
    expect(client.attempts.length).toBeGreaterThan(2)
    const other = new FakeClient()
    await watch(other.backend())
    expect(other.open).toBe(1)
    client.connect = async () => {}
    await wait(SECOND)
    expect(standing).toEqual([false, true])
  })

  test('a connection that is cut as soon as it stands is not made in a loop', async () => {
    await watch(client.backend())
    const from = client.attempts.length
    for (let ms = 0; ms < 10 * SECOND; ms += 10) {
      if (client.open > 0) client.cut()
      await wait(10)
    }
    expect(client.attempts.length - from).toBeLessThan(40)
  })

  test('an attempt that does not become ready is given up, and the next one takes its place', async () => {
    const { standing } = await watch(client.backend())
    client.connect = () => NEVER
    client.cut()
    await wait(30 * SECOND)
    expect(client.open).toBe(1)
    expect(client.attempts.length).toBeGreaterThan(2)
    client.connect = async () => {}
    await wait(21 * SECOND)
    expect(standing).toEqual([false, true])
  })

  test('what an earlier connection says late is not heard', async () => {
    const { standing, turns } = await watch(client.backend())
    const first = client.last
    client.cut()
    await wait(100)
    first.events.onEnd(new Error('once more'))
    first.events.onMessage('name', 'lock:turn:lost')
    expect([standing, turns]).toEqual([[false, true], []])
  })
})

describe('when it is refused', () => {
  test('a watch is told so at once, and the server is asked ever more seldom, then no more', async () => {
    await watch(client.backend())
    client.subscribe = refuse
    client.cut()
    await wait(8 * SECOND)
    expect(client.attempts.length - 1).toBeLessThanOrEqual(3)
    await wait(60 * MINUTE)
    expect(client.attempts.length - 1).toBe(5)
    await expect(watch(client.backend('other:'))).rejects.toThrow('NOPERM')
    expect(client.attempts.length - 1).toBe(6)
    await expect(watch(client.backend('other:'))).rejects.toThrow('NOPERM')
    expect(client.attempts.length - 1).toBe(6)
  })

  test('it is tried again when somebody needs it, and stands when that is permitted', async () => {
    const backend = client.backend()
    const { standing } = await watch(backend)
    client.subscribe = refuse
    client.cut()
    await wait(10 * MINUTE)
    const before = client.attempts.length
    await wait(10 * MINUTE)
    expect(client.attempts).toHaveLength(before)
    client.subscribe = async () => {}
    await backend.acquire(claimOf('a~1'))
    await wait(0)
    expect(standing).toEqual([false, true])
  })

  test('a watch begun soon after stands when it is permitted meanwhile, without being begun again', async () => {
    client.subscribe = refuse
    await expect(watch(client.backend())).rejects.toThrow('NOPERM')
    await wait(300)
    const watching = watch(client.backend())
    client.subscribe = async () => {}
    await wait(3 * SECOND)
    expect((await watching).standing).toEqual([])
    expect(client.attempts).toHaveLength(2)
  })
})

describe('a client that has no connection', () => {
  test('is said to meet what an attempt meets that throws at once', async () => {
    client.state = 'connecting'
    client.connect = () => {
      throw new Error('no such host')
    }
    const refused = rejection(client.backend().acquire(claimOf('a~1')))
    await wait(SECOND)
    expect(await refused).toMatchObject({ message: 'fake: the client is not connected: no such host', executed: 'no' })
    client.connect = async () => {}
  })
})

describe('work outside of the context of a caller', () => {
  test('that throws keeps no other from being done', async () => {
    const done: string[] = []
    detached(() => {
      throw new Error('of one work')
    })
    detached(() => void done.push('in the same turn'))
    await wait(1)
    detached(() => void done.push('later'))
    await wait(1)
    expect(done).toEqual(['in the same turn', 'later'])
  })
})

describe('closing', () => {
  test.each(['connect', 'subscribe'] as const)('while it waits to %s leaves nothing', async (step) => {
    const backend = client.backend()
    const { end } = await watch(backend)
    client[step] = () => NEVER
    client.cut()
    await wait(200)
    expect(client.open).toBe(1)
    await end()
    expect(client.open).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a client closed by its owner ends its connection, and leaves no timer', async () => {
    const { standing } = await watch(client.backend())
    client.state = 'closed'
    await wait(SECOND)
    expect(standing).toEqual([false])
    expect(client.open).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    await expect(watch(client.backend())).rejects.toThrow('closed')
  })

  test('a client that is opened again has its connection with the next who needs it', async () => {
    const backend = client.backend()
    const { standing } = await watch(backend)
    client.state = 'closed'
    await wait(SECOND)
    client.state = 'ready'
    await backend.acquire(claimOf('a~1'))
    await wait(0)
    expect(standing).toEqual([false, true])
  })
})

describe('a watch that was given up is tried again for holders, who may wait for no name:', () => {
  const given: readonly (readonly [string, (client: FakeClient) => Promise<void>])[] = [
    [
      'a client that was closed and is open again',
      async (closed) => {
        closed.state = 'closed'
        await wait(SECOND)
        closed.state = 'ready'
      },
    ],
    [
      'a right that was withdrawn and is back',
      async (refused) => {
        refused.subscribe = refuse
        refused.cut()
        await wait(10 * MINUTE)
        refused.subscribe = async () => {}
      },
    ],
  ]

  test.each(given)('%s, when a name is claimed without a wait', async (_, giveUp) => {
    const backend = client.backend()
    const { standing } = await watch(backend)
    await giveUp(client)
    await backend.acquire({ ...claimOf('a~1'), lineMs: 0 })
    await wait(0)
    expect(standing).toEqual([false, true])
  })

  test.each(given)('%s, when a lease is extended', async (_, giveUp) => {
    const backend = client.backend()
    const { standing } = await watch(backend)
    await giveUp(client)
    await backend.extend([claimOf('a~1')]).catch(() => {})
    await wait(0)
    expect(standing).toEqual([false, true])
  })

  test('a client that stays closed is asked for its state, and nothing is opened', async () => {
    const backend = client.backend()
    const { standing } = await watch(backend)
    client.state = 'closed'
    await wait(SECOND)
    for (let i = 0; i < 3; i++) await backend.acquire(claimOf('a~1')).catch(() => {})
    expect([client.attempts.length, standing]).toEqual([1, [false]])
  })
})

const claimOf = (owner: string): Claim => ({
  name: 'name',
  owner,
  ttlMs: 10_000,
  mode: 'exclusive',
  limit: 1,
  lineMs: 3_000,
})

describe('a turn that was found by asking', () => {
  /** Waits in line, then asks again and is granted. */
  async function findTurn(backend: LockBackend): Promise<void> {
    client.answer = 'b5000:0'
    await backend.acquire(claimOf('a~1'))
    client.answer = 'a77'
    await backend.acquire(claimOf('a~1'))
  }

  test('and whose message does not come: the connection is made anew', async () => {
    const backend = client.backend()
    const { standing, turns } = await watch(backend)
    await findTurn(backend)
    await wait(3 * SECOND)
    expect(client.attempts).toHaveLength(2)
    expect(standing).toEqual([false, true])
    expect(turns).toEqual([])
  })

  test.each(['before', 'after'])('and whose message comes %s the answer: it stays', async (when) => {
    const backend = client.backend()
    await watch(backend)
    const [inbox = ''] = client.last.channels
    const tell = (): void => client.last.events.onMessage(`${client.secrets[0]} 77`, inbox)
    client.answer = 'b5000:0'
    await backend.acquire(claimOf('a~1'))
    client.answer = 'a77'
    const answer = backend.acquire(claimOf('a~1'))
    if (when === 'before') tell()
    await answer
    if (when === 'after') {
      await wait(500)
      tell()
    }
    await wait(5 * SECOND)
    expect(client.attempts).toHaveLength(1)
  })

  test('when the place had ended, for which no message is sent: it stays', async () => {
    const backend = client.backend()
    await watch(backend)
    await backend.acquire(claimOf('a~1'))
    await wait(4 * SECOND)
    client.answer = 'a77'
    await backend.acquire(claimOf('a~1'))
    await wait(5 * SECOND)
    expect(client.attempts).toHaveLength(1)
  })
})
