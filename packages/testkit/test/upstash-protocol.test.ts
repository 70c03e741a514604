import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { connectRaw, startRedis, type RawClient, type RedisServer } from '../src/redis/index.js'
import { findServerlessRedisHttp, startUpstashGateway, type UpstashGateway } from '../src/upstash/index.js'

let redis: RedisServer
let raw: RawClient
let gateway: UpstashGateway
let key: string
let tests = 0

beforeAll(async () => {
  redis = await startRedis({ own: true })
  raw = await connectRaw(redis)
  gateway = await startUpstashGateway({ target: redis })
})
afterAll(async () => {
  await gateway.stop()
  raw.close()
  await redis.stop()
})
beforeEach(() => void (key = `key:${(tests += 1)}`))

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

/** Asks as the client does, without base64 unless asked for. */
async function ask(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: JSON.parse(text) as unknown }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const ENCODED = { 'upstash-encoding': 'base64' }

describe('one command', () => {
  test('is executed by a real Redis', async () => {
    expect(await ask('/', ['SET', key, 'välue'])).toMatchObject({ status: 200, body: { result: 'OK' } })
    expect(await raw.command('GET', key)).toBe('välue')
    expect(await ask('/', ['get', key])).toMatchObject({ status: 200, body: { result: 'välue' } })
  })

  test('may hold numbers and booleans, and any text', async () => {
    const text = 'a\r\nb\u0000 "c" 🔒'
    await ask('/', ['RPUSH', key, 1, true, text])
    expect(await raw.command('LRANGE', key, '0', '-1')).toEqual(['1', 'true', text])
  })

  test.each([
    ['a number', ['INCR', 'numbers'], 1, 1],
    ['null', ['GET', 'absent'], null, null],
    ['OK', ['SET', 'any', 'v'], 'OK', 'OK'],
    ['another text', ['PING'], 'PONG', base64('PONG')],
    [
      'OK within an array',
      ['EVAL', "return {'OK', 1, false, {'x'}}", 0],
      ['OK', 1, null, ['x']],
      [base64('OK'), 1, null, [base64('x')]],
    ],
  ])('answers %s, plain or in base64', async (_, command, plain, encoded) => {
    await raw.command('DEL', 'numbers')
    expect((await ask('/', command)).body).toEqual({ result: plain })
    await raw.command('DEL', 'numbers')
    expect((await ask('/', command, ENCODED)).body).toEqual({ result: encoded })
  })

  test('that fails answers 400 with the words of Redis', async () => {
    const { status, body } = await ask('/', ['EVALSHA', '0'.repeat(40), 0], ENCODED)
    expect(status).toBe(400)
    expect(body).toEqual({ error: expect.stringMatching(/^NOSCRIPT /) as unknown })
  })

  test.each([
    ['no JSON', '/', '{'],
    ['no array', '/', '{"a":1}'],
    ['an empty array', '/', '[]'],
    ['null in it', '/', '["SET","k",null]'],
    ['an object in it', '/', '["SET","k",{}]'],
    ['a pipeline of words', '/pipeline', '["GET","k"]'],
    ['an empty pipeline', '/pipeline', '[]'],
    ['a path that is not understood', '/get/key', '[]'],
  ])('with %s answers 400 and executes nothing', async (_, path, body) => {
    const before = gateway.stats().executed
    expect(await ask(path, body)).toMatchObject({ status: 400, body: { error: expect.any(String) as unknown } })
    expect(gateway.stats().executed).toBe(before)
  })
})

describe('several commands', () => {
  test('in a pipeline: each is answered, in order, whether or not others fail', async () => {
    const { status, body } = await ask(
      '/pipeline',
      [
        ['SET', key, '1'],
        ['LPUSH', key, 'x'],
        ['INCR', key],
        ['GET', key],
      ],
      ENCODED,
    )
    expect(status).toBe(200)
    expect(body).toEqual([
      { result: 'OK' },
      { error: expect.stringMatching(/^WRONGTYPE /) as unknown },
      { result: 2 },
      { result: base64('2') },
    ])
  })

  test('in a transaction: nothing of another request comes between', async () => {
    const transaction = Array.from({ length: 50 }, () => ['INCR', key])
    const [body, other] = await Promise.all([ask('/multi-exec', transaction), ask('/multi-exec', transaction)])
    const numbers = ({ body: results }: Answer): unknown[] =>
      (results as { result: unknown }[]).map(({ result }) => result)
    const firsts = [numbers(body)[0], numbers(other)[0]]
    expect(firsts.toSorted((a, b) => Number(a) - Number(b))).toEqual([1, 51])
    for (const each of [body, other]) {
      const first = Number(numbers(each)[0])
      expect(numbers(each)).toEqual(transaction.map((_, i) => first + i))
    }
  })

  test('in a transaction: what fails is answered in its place, what cannot be executed at all by 400', async () => {
    await raw.command('SET', key, 'text')
    expect(
      (
        await ask('/multi-exec', [
          ['INCR', key],
          ['GET', key],
        ])
      ).body,
    ).toEqual([{ error: expect.stringContaining('not an integer') as unknown }, { result: 'text' }])
    expect(await ask('/multi-exec', [['NOSUCH'], ['DEL', key]])).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^EXECABORT /) as unknown },
    })
    expect(await raw.command('GET', key)).toBe('text')
  })
})

describe('around it', () => {
  test.each([
    ['another', 'Bearer wrong'],
    ['no', ''],
    ['a bare', 'token'],
  ])('%s token: 401, nothing executed, counted', async (_, authorization) => {
    const before = gateway.stats()
    const answer = await ask('/', ['SET', key, 'v'], { authorization })
    expect(answer).toMatchObject({ status: 401, body: { error: 'Unauthorized' } })
    expect(gateway.stats()).toEqual({
      ...before,
      requests: before.requests + 1,
      unauthorized: before.unauthorized + 1,
      open: expect.any(Number) as unknown,
    })
    expect(await raw.command('EXISTS', key)).toBe(0)
  })

  test('a sync token is given, and repeated to who brings it', async () => {
    const given = (await ask('/', ['PING'], { 'upstash-sync-token': '' })).headers.get('upstash-sync-token')
    expect(given).toMatch(/^sync-/)
    const { headers } = await ask('/', ['PING'], { 'upstash-sync-token': 'mine' })
    expect(headers.get('upstash-sync-token')).toBe('mine')
  })

  test('a Redis that is gone: 502, and well again when it is back', async () => {
    await using own = await startRedis({ own: true })
    await using front = await startUpstashGateway({ target: own, token: 'chosen' })
    expect(front.token).toBe('chosen')
    const ping = async (): Promise<number> => {
      const answer = await fetch(front.url, {
        method: 'POST',
        headers: { authorization: 'Bearer chosen' },
        body: '["PING"]',
      })
      await answer.text()
      return answer.status
    }
    expect(await ping()).toBe(200)
    await own.kill()
    expect(await ping()).toBe(502)
    await own.restart()
    await vi.waitFor(async () => expect(await ping()).toBe(200), { timeout: 10_000 })
  })

  test('nothing of it can be changed from outside', () => {
    expect(Object.isFrozen(gateway)).toBe(true)
  })

  test('stops with everything that is open, twice as well as once', async () => {
    const front = await startUpstashGateway({ target: redis })
    const silence = front.hang()
    const hanging = fetch(front.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${front.token}` },
      body: '["PING"]',
    })
    hanging.catch(() => {})
    await silence.whenFired()
    await front.stop()
    await front.stop()
    await expect(hanging).rejects.toThrow('fetch failed')
  })
})

test('findServerlessRedisHttp says why there is none', async () => {
  const found = await findServerlessRedisHttp()
  if (typeof found === 'string') expect(found).toMatch(/Docker engine/)
  else expect(found.description).toContain('serverless-redis-http')
})
