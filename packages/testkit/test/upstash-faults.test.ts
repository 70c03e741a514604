import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { connectRaw, startRedis, type RawClient, type RedisServer } from '../src/redis/index.js'
import { startUpstashGateway, type UpstashGateway } from '../src/upstash/index.js'

let redis: RedisServer
let raw: RawClient
let gateway: UpstashGateway
let key: string
let tests = 0

beforeAll(async () => {
  redis = await startRedis({ own: true })
  raw = await connectRaw(redis)
})
afterAll(async () => {
  raw.close()
  await redis.stop()
})
beforeEach(async () => {
  gateway = await startUpstashGateway({ target: redis })
  key = `key:${(tests += 1)}`
})
afterEach(() => gateway.stop())

/** The status and the text of the answer. */
async function ask(commands: readonly (readonly string[])[], signal?: AbortSignal): Promise<readonly [number, string]> {
  const answer = await fetch(`${gateway.url}/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}` },
    body: JSON.stringify(commands),
    ...(signal && { signal }),
  })
  return [answer.status, await answer.text()]
}

const increase = (): Promise<readonly [number, string]> => ask([['INCR', key]])
const count = async (): Promise<number> => Number(await raw.command('GET', key))
const WELL = [200, '[{"result":1}]']

describe('a fault', () => {
  test('that loses the reply: executed, and the connection ends', async () => {
    const fault = gateway.loseReply()
    await expect(increase()).rejects.toThrow('fetch failed')
    expect(await count()).toBe(1)
    expect(fault.fired).toBe(1)
    expect(gateway.stats()).toMatchObject({ requests: 1, commands: 1, executed: 1 })
  })

  test('that loses the request: not executed, and the connection ends', async () => {
    const fault = gateway.loseRequest()
    await expect(increase()).rejects.toThrow('fetch failed')
    expect(await count()).toBe(0)
    expect(fault.fired).toBe(1)
    expect(gateway.stats()).toMatchObject({ requests: 1, commands: 1, executed: 0 })
  })

  test.each([
    [401, 0, '{"error":"Unauthorized"}'],
    [403, 0, '{"error":"Forbidden"}'],
    [429, 0, '{"error":"Too Many Requests"}'],
    [418, 0, '{"error":"Bad Request"}'],
    [502, 1, '<h1>502</h1>'],
  ])('that answers %i: executed %i times, with words of its own', async (status, executed, words) => {
    gateway.answer({ status })
    const [answered, text] = await increase()
    expect(answered).toBe(status)
    expect(text).toContain(words)
    expect(await count()).toBe(executed)
  })

  test('that answers may say what, and whether it is executed', async () => {
    gateway.answer({ status: 500, body: 'no', executed: false })
    expect(await increase()).toEqual([500, 'no'])
    expect(await count()).toBe(0)
  })

  test.each([
    [true, 1],
    [false, 0],
  ])('that hangs never answers, until the client goes (executed: %s)', async (executed, times) => {
    const fault = gateway.hang({ executed })
    const controller = new AbortController()
    const hanging = ask([['INCR', key]], controller.signal)
    hanging.catch(() => {})
    await fault.whenFired()
    expect(gateway.stats().open).toBe(1)
    await vi.waitFor(async () => expect(await count()).toBe(times), { timeout: 10_000 })
    controller.abort()
    await expect(hanging).rejects.toThrow('aborted')
    await vi.waitFor(() => expect(gateway.stats().open).toBe(0), { timeout: 10_000 })
  })

  test('that is slow before Redis: it is executed later', async () => {
    const fault = gateway.slow({ direction: 'request', ms: 300 })
    const from = performance.now()
    const slow = increase()
    await fault.whenFired()
    expect(await count()).toBe(0)
    expect(await slow).toEqual(WELL)
    expect(performance.now() - from).toBeGreaterThanOrEqual(299)
  })

  test('that is slow behind Redis: it is answered later', async () => {
    gateway.slow({ direction: 'reply', ms: 300, times: 1 })
    const from = performance.now()
    const slow = increase()
    await vi.waitFor(async () => expect(await count()).toBe(1), { timeout: 10_000, interval: 2 })
    expect(await slow).toEqual(WELL)
    expect(performance.now() - from).toBeGreaterThanOrEqual(299)
  })
})

describe('faults', () => {
  test('act on a request that holds a matching command, with all that is in it', async () => {
    const fault = gateway.loseRequest({ match: /^SET / })
    expect(await increase()).toEqual(WELL)
    await expect(
      ask([
        ['INCR', key],
        ['SET', 'other', 'v'],
      ]),
    ).rejects.toThrow('fetch failed')
    expect(await count()).toBe(1)
    expect(fault.fired).toBe(1)
  })

  test('act as often as `times` says, then no more', async () => {
    const fault = gateway.answer({ status: 429, times: 2, match: 'incr' })
    expect((await increase())[0]).toBe(429)
    expect((await increase())[0]).toBe(429)
    expect(await increase()).toEqual(WELL)
    expect(fault.fired).toBe(2)
  })

  test('that end a request spare it those that were armed later', async () => {
    const first = gateway.loseRequest()
    const second = gateway.answer({ status: 429 })
    await expect(increase()).rejects.toThrow('fetch failed')
    expect([first.fired, second.fired]).toEqual([1, 0])
    expect((await increase())[0]).toBe(429)
  })

  test('are counted, cancelled and checked', async () => {
    const slow = gateway.slow({ direction: 'reply', ms: 1 })
    const lost = gateway.loseReply({ times: Infinity })
    await expect(increase()).rejects.toThrow('fetch failed')
    lost.cancel()
    await increase()
    expect(gateway.stats().faults).toEqual([
      { kind: 'slow', fired: 2 },
      { kind: 'loseReply', fired: 1 },
    ])
    const waiting = lost.whenFired(2)
    await expect(waiting).rejects.toThrow('the fault loseReply was cancelled')
    await gateway.stop()
    await expect(slow.whenFired(3)).rejects.toThrow('the gateway was stopped')
    expect(() => gateway.loseReply({ times: 0 })).toThrow(RangeError)
    expect(() => gateway.slow({ direction: 'reply', ms: -1 })).toThrow(RangeError)
  })
})
