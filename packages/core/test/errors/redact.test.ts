import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { messageOf } from '../../src/errors/messages.js'
import { redact } from '../../src/errors/redact.js'
import { BackendError, isBackendError } from '../../src/index.js'
import { newOwnerToken } from '../../src/owner-token.js'

const SECRET = 's3cr3t-token'
const shown = (error: unknown): string => inspect(error, { depth: Infinity, showHidden: true })

describe('a redacted error', () => {
  test('keeps name, message, code, stack and causes', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNRESET' })
    const copy = redact(Object.assign(new Error('outer', { cause }), { code: 'NOAUTH' }), [SECRET])
    expect(copy).toMatchObject({ name: 'Error', message: 'outer', code: 'NOAUTH' })
    expect(copy.cause).toMatchObject({ name: 'TypeError', message: 'inner', code: 'ECONNRESET' })
    expect(copy.stack).toContain('redact.test.ts')
  })

  test('shows no secret, no owner and no credentials of a URL, wherever they stood', () => {
    const owner = newOwnerToken('host')
    const text = `${SECRET} ${owner} redis://user:pass@host:6379/0 https://token@host rediss://:p%40ss@h pg://h/db?password=query1#query2`
    const cause = Object.assign(new Error(text), { command: { args: [SECRET] } })
    const copy = redact(Object.assign(new Error(text, { cause }), { args: [SECRET], secret: SECRET }), [SECRET, ''])
    for (const hidden of [SECRET, owner, 'pass', 'token@', 'p%40ss', 'query']) expect(shown(copy)).not.toContain(hidden)
    expect(copy.message).toContain('host:6379')
  })

  test.each([
    ['redis://user:pa/ss1@host:6379', 'ss1', 'host:6379'],
    ['Authorization: Bearer abc1', 'abc1', 'Authorization'],
    ['Headers.append: "Bearer abc1" is an invalid header value', 'abc1', 'is an invalid header value'],
    ['{"password":"abc1","user":"me"}', 'abc1', '"user":"me"'],
    ['host=h password=abc1 user=u', 'abc1', 'user=u'],
    ['api-key: abc1', 'abc1', 'api-key'],
    ['UPSTASH_REDIS_REST_TOKEN=abc1 X=y', 'abc1', 'X=y'],
    ['{"client_secret":"a,b abc1\\" abc1","x":1}', 'abc1', '"x":1'],
    ['{\\"accessToken\\":\\"abc1\\"}', 'abc1', 'accessToken'],
    ["password='my abc1' host=h", 'abc1', 'host=h'],
    ['Authorization: Token abc1', 'abc1', 'Authorization'],
    ['{"authorization":"ApiKey abc1"}', 'abc1', 'authorization'],
    ['redis://u:p@h1,redis://u2:abc1@h2', 'abc1', 'h2'],
    ["redis://user:hunter'abc1@host:6379", 'abc1', 'host'],
    ['redis://user:hunter<abc1@host:6379', 'abc1', 'host'],
    ['redis://u:p@h1;redis://u2:abc1@h2', 'abc1', 'h2'],
    ['request to http://proxy:8080/https://user:abc1@upstream/x failed', 'abc1', 'upstream'],
    ['https://a/b,c//u2:abc1@h2', 'abc1', 'h2'],
    [`${'x'.repeat(16_384 - 80)} redis://user:abc1//${'y'.repeat(200)}@host`, 'abc1', 'xx'],
  ])('shows no credential in "%s"', (text, hidden, kept) => {
    const copy = redact(new Error(text), [])
    expect(shown(copy)).not.toContain(hidden)
    expect(copy.message).toContain(kept)
  })

  test.each([
    'at file:///app/node_modules/@holdfast/core/dist/a.js:1:1',
    'at https://deno.land/x/redis@v0.32/mod.ts:10:5',
    'at webpack-internal:///(rsc)/./node_modules/.pnpm/@holdfast+core@1.0/a.js',
    'at http://localhost:5173/@fs/app/a.ts',
    '{"u":"https://a.b/c","code":"READONLY","m":"a@b"}',
  ])('shows what is no credential: %s', (text) => {
    expect(redact(new Error(text), []).message).toBe(text)
  })

  test('hides a known secret before anything else is cut off', () => {
    expect(redact(new Error('token=ab,cdef'), ['ab,cdef']).message).not.toContain('cdef')
  })

  test.each([
    '/',
    '//x',
    '//x?y',
    '//u:p',
    'password ',
    'token=',
    '"secret":"',
    'bearer ',
    "authorization:'",
    '@',
    '\\"',
  ])('takes no longer for a text of many times %s', (piece) => {
    const text = piece.repeat(20_000 / piece.length)
    const from = process.cpuUsage()
    redact(new Error(`${text} `, { cause: new Error(text) }), [])
    const { user, system } = process.cpuUsage(from)
    expect((user + system) / 1_000).toBeLessThan(300)
  })

  test('shows no argument of a command that the server does not know, nor the beginning of an owner', () => {
    const owner = newOwnerToken('app')
    const text = `ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'hunter2'`
    const copy = redact(new Error(text, { cause: new Error(`ERR ${owner.slice(0, -3)}`) }), [])
    expect(copy.message).toBe("ERR unknown command 'HELLO'")
    expect(copy.stack).toContain('redact.test.ts')
    for (const hidden of ['hunter2', owner.slice(4, 12)]) expect(shown(copy)).not.toContain(hidden)
  })

  test.each([undefined, null, 'text', 7, Symbol('s'), { toString: () => SECRET }])(
    'is made of anything: %s',
    (value) => {
      const copy = redact(value, [SECRET])
      expect(copy).toBeInstanceOf(Error)
      expect(shown(copy)).not.toContain(SECRET)
    },
  )

  test('ends where causes go in a circle', () => {
    const one = new Error('one')
    one.cause = new Error('two', { cause: one })
    expect(redact(one, [SECRET]).message).toBe('one')
  })
})

describe('whatever a client attached to its error', () => {
  const circle: Record<string, unknown> = { secret: SECRET }
  circle['self'] = circle
  const throws = (): never => {
    throw new Error(SECRET)
  }
  const hostile = new Proxy({}, { get: throws, ownKeys: throws, has: throws, getPrototypeOf: throws })

  test.each([
    ['a circle', () => circle],
    ['a map of 200,000 entries', () => new Map(Array.from({ length: 200_000 }, (_, i) => [i, SECRET]))],
    ['a buffer of 8 MB', () => Buffer.alloc(8_000_000, SECRET)],
    ['a hostile proxy', () => hostile],
  ])('%s is neither copied nor looked at', (_, make) => {
    const context: unknown = make()
    let looked = 0
    const error = Object.assign(new Error('failed'), { context, [Symbol('command')]: [SECRET] })
    Object.defineProperty(error, 'more', { enumerable: true, get: () => looked++ })
    const safe = redact(error, [SECRET])
    expect(safe.message).toBe('failed')
    expect(new Set(Reflect.ownKeys(safe))).toEqual(new Set(['message', 'name', 'stack']))
    expect(shown(safe)).not.toContain(SECRET)
    expect(looked).toBe(0)
  })

  test.each([
    ['a proxy that throws at everything', () => hostile],
    ['one that was revoked', revoked],
    ['an error with getters that throw', () => withGetters(['stack', 'message', 'code', 'cause', 'name'], throws)],
    ['a value without a prototype', () => Object.create(null) as unknown],
    ['a text of 8 MB', () => SECRET.repeat(800_000)],
  ])('as the error itself, %s, becomes an error that can be shown', (_, make) => {
    const safe = redact(make(), [SECRET])
    expect(safe).toBeInstanceOf(Error)
    expect(shown(safe)).not.toContain(SECRET)
    expect(shown(safe).length).toBeLessThan(60_000)
    expect(messageOf(safe)).not.toBe('')
  })

  test('what was read before a getter threw is kept', () => {
    const safe = redact(withGetters(['cause'], throws), [SECRET])
    expect(safe.message).toBe('failed')
    expect(safe.stack).toContain('redact.test.ts')
  })

  test('a long message is cut, and never within a secret', () => {
    const owner = newOwnerToken('host')
    for (const secret of [owner, SECRET, '//user:password@host', '//host/?passwords']) {
      for (let before = 16_384 - secret.length - 40; before <= 16_384 + 2; before++) {
        const { message } = redact(new Error('x'.repeat(before) + secret + 'y'.repeat(40_000)), [SECRET])
        expect(message.length).toBeLessThanOrEqual(16_385)
        for (let end = 8; end <= secret.length; end += 8) {
          const part = secret.slice(0, end)
          if (part !== '//user:p' && part !== '//host/?') expect(message).not.toContain(part.slice(-8))
        }
      }
    }
  })
})

describe('a redacted error', () => {
  test('of a backend still says whether the command was executed', () => {
    const error = new BackendError(`refused ${SECRET}`, { executed: 'no', retryable: false, cause: new Error(SECRET) })
    const safe = redact(error, [SECRET])
    expect(isBackendError(safe)).toBe(true)
    expect(safe).toMatchObject({ name: 'BackendError', executed: 'no', retryable: false })
    expect(shown(safe)).not.toContain(SECRET)
  })

  test('of another realm is one', () => {
    const foreign = runInNewContext("Object.assign(new TypeError('from elsewhere'), { code: 'E' })") as Error
    expect(foreign).not.toBeInstanceOf(Error)
    expect(redact(foreign, [])).toMatchObject({ name: 'TypeError', message: 'from elsewhere', code: 'E' })
  })

  test('without a message says the first of several, or its code, or its name', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:6379'), { code: 'ECONNREFUSED' })
    expect(redact(Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' }), []).message).toBe(
      'connect ECONNREFUSED ::1:6379',
    )
    expect(redact(Object.assign(new Error(), { code: 'EPIPE' }), []).message).toBe('EPIPE')
    expect(redact(new RangeError(), []).message).toBe('RangeError')
  })
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function withGetters(names: readonly string[], get: () => unknown): Error {
  const error = new Error('failed')
  for (const name of names) Object.defineProperty(error, name, { configurable: true, get })
  return error
}
