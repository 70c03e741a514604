import { expect, test } from 'vitest'
import { checkAcquireOptions, checkNames } from '../../src/index.js'

const check = (options: unknown): void => checkAcquireOptions('@Locked', options as object, ['ifBusy'])

test('options of an acquisition and those of the caller pass', () => {
  check({})
  check({ ttlMs: 5_000, waitMs: 0, minHoldMs: 50, mode: 'shared', limit: 3, retry: { maxAttempts: 2 }, ifBusy: 'skip' })
  check({ ttlMs: undefined, unknown: undefined })
})

test.each([
  [null, 'the options of @Locked must be an object, got null'],
  [{ ttl: 5 }, '@Locked has no option "ttl": did you mean "ttlMs"?'],
  [{ keepMs: 5 }, '@Locked has no option "keepMs": did you mean "minHoldMs"?'],
  [{ ifbusy: 'skip' }, '@Locked has no option "ifbusy": did you mean "ifBusy"?'],
  [{ ifAvailable: true }, '@Locked has no option "ifAvailable"'],
  [{ signal: AbortSignal.abort() }, '@Locked has no option "signal": there are ifBusy, ttlMs, waitMs, renew, '],
  [{ within: {} }, '@Locked has no option "within"'],
  [{ ttlMs: 9 }, 'ttlMs must be an integer from 10 to 2147483647, got 9'],
  [{ waitMs: -1 }, 'waitMs must be a number of milliseconds, 0 or more, got -1'],
  [{ limit: 3 }, "limit needs mode: 'shared'"],
  [{ minHoldMs: 2 ** 40 }, 'minHoldMs (1099511627776) is more than a lease can last'],
  [{ retry: { attempts: 3 } }, 'retry has no option "attempts": did you mean "maxAttempts"?'],
])('%j is refused', (options, message) => {
  expect(() => check(options)).toThrow(message)
})

test('names that acquire takes pass, and a list is copied', () => {
  const list = ['a', 'b']
  const names = checkNames(list)
  list.push('c')
  expect(names).toEqual(['a', 'b'])
  expect([checkNames('a'), checkNames(['a'])]).toEqual(['a', 'a'])
})

test.each([
  ['', "a lock's name must not be empty"],
  [[], 'a list of names must not be empty'],
  [['a', 7], "a lock's name must be a string, got 7"],
  [['a', 'a'], 'a name is given twice: "a"'],
])('the names %j are refused', (names, message) => {
  expect(() => checkNames(names)).toThrow(message)
})
