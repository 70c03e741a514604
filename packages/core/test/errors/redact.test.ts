import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { redact, redactIfLeaking } from '../../src/errors/redact.js'
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
    const text = `${SECRET} ${owner} redis://user:pass@host:6379/0 https://token@host rediss://:p%40ss@h`
    const cause = Object.assign(new Error(text), { command: { args: [SECRET] } })
    const copy = redact(Object.assign(new Error(text, { cause }), { args: [SECRET], secret: SECRET }), [SECRET, ''])
    for (const hidden of [SECRET, owner, 'pass', 'token@', 'p%40ss']) expect(shown(copy)).not.toContain(hidden)
    expect(copy.message).toContain('host:6379')
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

describe('an error that shows nothing', () => {
  test('stays itself', () => {
    const error = new Error('harmless')
    expect(redactIfLeaking(error, SECRET)).toBe(error)
  })

  test.each([undefined, null, 'text', 7])('may be anything: %s', (value) => {
    expect(redactIfLeaking(value, SECRET)).toBe(value)
  })
})

describe('an error that shows a secret', () => {
  const deep = (depth: number): object => (depth === 0 ? { args: [SECRET] } : { next: deep(depth - 1) })
  const circle: Record<string, unknown> = { secret: SECRET }
  circle['self'] = circle

  test.each([
    ['far below', deep(30)],
    ['in a circle', circle],
    ['in a key', { [SECRET]: 1 }],
    ['in a map', { map: new Map([[SECRET, 1]]) }],
    ['in a set', { set: new Set([{ args: [SECRET] }]) }],
    ['under a symbol', { [Symbol('command')]: [SECRET] }],
    [
      'where it cannot be read',
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new Error('no')
        },
      }),
    ],
  ])('%s is copied without it', (_, context) => {
    const error = Object.assign(new Error('failed'), { context })
    const safe = redactIfLeaking(error, SECRET)
    expect(safe).not.toBe(error)
    expect(shown(safe)).not.toContain(SECRET)
    expect((safe as Error).message).toBe('failed')
  })

  test('of another owner is copied without that one', () => {
    const other = newOwnerToken('other')
    expect(shown(redactIfLeaking(new Error(`args ${other}`), SECRET))).not.toContain(other)
  })
})
