import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Backoff, decorrelatedJitter, exponential, fixed } from '../src/index.js'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const input = fc.record({ attempt: fc.integer({ min: 1, max: 1_000 }), previousMs: fc.nat(100_000), random })
const bounds = fc
  .tuple(fc.nat(10_000), fc.nat(10_000))
  .map(([a, b]) => ({ minMs: Math.min(a, b), maxMs: Math.max(a, b) }))

/** The delays between the attempts of one acquisition. */
function delays(backoff: Backoff, count: number, draw = 0.5): number[] {
  const answers: number[] = []
  for (let attempt = 1; attempt <= count; attempt++) {
    answers.push(backoff({ attempt, previousMs: answers.at(-1) ?? 0, random: draw }))
  }
  return answers
}

describe('every policy', () => {
  const policies = bounds.chain((range) =>
    fc.constantFrom<Backoff>(fixed(range.minMs), exponential(range), decorrelatedJitter(range)),
  )

  test('is pure: the same input, the same delay, whoever asked in between', () => {
    fc.assert(
      fc.property(policies, input, fc.array(input), (backoff, asked, others) => {
        const before = backoff(asked)
        for (const other of others) backoff(other)
        expect(backoff(asked)).toBe(before)
      }),
    )
  })

  test('answers a finite delay that is not negative', () => {
    fc.assert(
      fc.property(policies, input, (backoff, asked) => {
        const delay = backoff(asked)
        expect(Number.isFinite(delay) && delay >= 0).toBe(true)
      }),
    )
  })
})

describe('fixed', () => {
  test('answers always the same', () => {
    expect(delays(fixed(250), 4)).toEqual([250, 250, 250, 250])
  })
})

describe('exponential', () => {
  test('doubles from minMs up to maxMs', () => {
    expect(delays(exponential({ minMs: 10, maxMs: 100 }), 6)).toEqual([10, 20, 40, 80, 100, 100])
  })

  test('grows by its factor, and stays within its bounds for good', () => {
    expect(delays(exponential({ minMs: 1, maxMs: 1_000, factor: 10 }), 5)).toEqual([1, 10, 100, 1_000, 1_000])
    expect(exponential({ minMs: 5, maxMs: 7 })({ attempt: 1e9, previousMs: 0, random: 0 })).toBe(7)
    expect(exponential({ minMs: 0, maxMs: 7 })({ attempt: 1e9, previousMs: 0, random: 0 })).toBe(7)
    expect(delays(exponential({ minMs: 0, maxMs: 7 }), 6)).toEqual([0, 1, 2, 4, 7, 7])
  })
})

describe('decorrelatedJitter', () => {
  test('grows from 0 too', () => {
    const policy = decorrelatedJitter({ minMs: 0, maxMs: 250 })
    let delay = 0
    for (let attempt = 1; attempt < 20; attempt++) delay = policy({ attempt, previousMs: delay, random: 0.9 })
    expect(delay).toBe(250)
  })

  test('stays within its bounds, and below three times the delay before, or 3 ms', () => {
    fc.assert(
      fc.property(bounds, input, (range, asked) => {
        const delay = decorrelatedJitter(range)(asked)
        expect(delay).toBeGreaterThanOrEqual(range.minMs)
        expect(delay).toBeLessThanOrEqual(range.maxMs)
        expect(delay).toBeLessThanOrEqual(Math.max(range.minMs, asked.previousMs, 1) * 3)
      }),
    )
  })
})

describe('what makes no policy is refused', () => {
  const bad = [-1, Number.NaN, Infinity, '10', null, undefined, 10n]

  test.each(bad)('%s', (value) => {
    const ms = value as number
    for (const make of [
      () => fixed(ms),
      () => exponential({ minMs: ms, maxMs: 100 }),
      () => exponential({ minMs: 1, maxMs: ms }),
      () => decorrelatedJitter({ minMs: ms, maxMs: 100 }),
      () => decorrelatedJitter({ minMs: 1, maxMs: ms }),
    ]) {
      expect(make).toThrow(/must be/)
    }
  })

  test.each(['3', 10n, Symbol('x'), true, [5], 'redis://user:canary@host'])(
    'a factor that is no number, without its text: %s',
    (value) => {
      const make = (): unknown => exponential({ minMs: 1, maxMs: 2, factor: value as unknown as number })
      expect(make).toThrow(TypeError)
      expect(make).toThrow(/^exponential: factor must be a number, got /)
      expect(make).not.toThrow(/canary/)
    },
  )

  test('a minMs above maxMs, and a factor below 1', () => {
    expect(() => exponential({ minMs: 2, maxMs: 1 })).toThrow(RangeError)
    expect(() => decorrelatedJitter({ minMs: 2, maxMs: 1 })).toThrow(RangeError)
    for (const factor of [0, 0.5, -1, Number.NaN, Infinity])
      expect(() => exponential({ minMs: 1, maxMs: 2, factor })).toThrow(RangeError)
  })
})
