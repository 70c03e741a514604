import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'

// The timers are faked first, because core takes the clock of the platform when it is loaded.
vi.hoisted(() => {
  vi.useFakeTimers()
  vi.resetModules()
})

import { listenOf } from '../src/listen.js'
import { rejection } from './support/wait.js'

const NEVER = new Promise<never>(() => {})
const SECOND = 1_000
const MINUTE = 60 * SECOND
const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

afterAll(() => {
  vi.useRealTimers()
  vi.resetModules()
})

/** The behaviour of a new client of the pool, and all clients that were made. */
let connect: () => Promise<void>
let query: (text: string) => Promise<void>
let clients: FakeClient[]

class FakeClient {
  readonly statements: string[] = []
  readonly handlers = new Map<string, (value?: unknown) => void>()
  readonly connection = { stream: { destroy: () => void (this.open = false) } }
  open = true
  unrefs = 0
  constructor() {
    clients.push(this)
  }
  connect(): Promise<void> {
    return connect()
  }
  query(text: string): Promise<void> {
    this.statements.push(text)
    return query(text)
  }
  // The real client of pg waits for the server here.
  end(): Promise<void> {
    return NEVER
  }
  on(event: string, handler: (value?: unknown) => void): void {
    this.handlers.set(event, handler)
  }
  unref(): void {
    this.unrefs += 1
  }
}

beforeEach(() => {
  vi.clearAllTimers()
  connect = async () => {}
  query = async () => {}
  clients = []
})

/** A pool of fake clients, and a function that listens through it. */
function fakePool() {
  const pool = { Client: FakeClient, options: {}, ending: false, query: async () => ({ rows: [] }) }
  const standings: boolean[] = []
  const messages: string[] = []
  const listen = async (channels: readonly string[] = ['a', 'b']) => {
    const by = listenOf(pool) ?? expect.unreachable()
    return by(
      channels,
      (channel, message) => void messages.push(`${channel} ${message}`),
      (stands) => void standings.push(stands),
    )
  }
  return { pool, standings, messages, listen }
}

const last = (): FakeClient => clients.at(-1) ?? expect.unreachable()
const open = (): number => clients.filter((client) => client.open).length
const refuse = async (): Promise<void> => {
  throw Object.assign(new Error('role "app" is not permitted to log in'), { code: '28000' })
}

describe('an attempt that is accepted and never answered', () => {
  test('at connecting is given up, and the next one stands', async () => {
    const { standings, listen } = fakePool()
    await listen()
    connect = () => NEVER
    last().handlers.get('end')?.()
    await wait(2 * SECOND)
    connect = async () => {}
    await wait(5 * SECOND)
    expect([clients.length, open(), standings]).toEqual([3, 1, [false, true]])
  })

  test('at LISTEN is given up likewise', async () => {
    const { standings, listen } = fakePool()
    await listen()
    query = () => NEVER
    last().handlers.get('error')?.(new Error('the connection was cut'))
    await wait(2 * SECOND)
    query = async () => {}
    await wait(5 * SECOND)
    expect([clients.length, open(), standings]).toEqual([3, 1, [false, true]])
  })

  test('as the first one rejects after five seconds and leaves nothing behind', async () => {
    connect = () => NEVER
    const attempt = rejection(fakePool().listen())
    await wait(5 * SECOND)
    expect(String(await attempt)).toContain('was not ready in time')
    expect([open(), vi.getTimerCount()]).toEqual([0, 0])
  })

  test('does not keep the process alive', async () => {
    connect = () => NEVER
    fakePool()
      .listen()
      .catch(() => {})
    await wait(0)
    expect(last().unrefs).toBe(1)
    await wait(5 * SECOND)
  })

  test('is ended with the last one who listens', async () => {
    const { listen } = fakePool()
    const { end } = await listen()
    connect = () => NEVER
    last().handlers.get('end')?.()
    await wait(2 * SECOND)
    expect([clients.length, open()]).toEqual([2, 1])
    await end()
    expect([open(), vi.getTimerCount()]).toEqual([0, 0])
  })
})

test('a connection that answers no more is noticed within eleven seconds and made anew', async () => {
  const { standings, listen } = fakePool()
  await listen()
  await wait(MINUTE)
  expect(clients).toHaveLength(1)
  query = () => NEVER
  await wait(10 * SECOND)
  query = async () => {}
  await wait(SECOND)
  expect([clients.length, open(), standings]).toEqual([2, 1, [false, true]])
})

test('refused logins are tried again after delays that grow, and then only when somebody listens', async () => {
  const { listen } = fakePool()
  const { need } = await listen()
  connect = refuse
  last().handlers.get('end')?.()
  await wait(15 * SECOND)
  expect(clients.length - 1).toBeLessThanOrEqual(4)
  await wait(60 * MINUTE)
  expect(clients).toHaveLength(1 + 5)
  need?.()
  await wait(SECOND)
  expect(clients).toHaveLength(1 + 6)
})

test('with a refused login, listening rejects with the reason', async () => {
  connect = refuse
  await expect(fakePool().listen()).rejects.toThrow('not permitted to log in')
})

test('a pool that is ended by its owner ends the connection', async () => {
  const { pool, standings, listen } = fakePool()
  await listen()
  pool.ending = true
  await wait(SECOND)
  expect([clients.length, open(), standings]).toEqual([1, 0, [false]])
})

test('all who listen by one pool share a connection, and each gets the messages of its channels', async () => {
  const { messages, listen } = fakePool()
  await listen(['a'])
  const { end } = await listen(['b'])
  await wait(0)
  for (const channel of ['a', 'b', 'c']) last().handlers.get('notification')?.({ channel, payload: '1' })
  await end()
  expect(messages).toEqual(['a 1', 'b 1'])
  expect([clients.length, last().statements]).toEqual([1, ['LISTEN "a"', 'LISTEN "b"', 'UNLISTEN "b"']])
})
