import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelOf, newOwnerToken, randomFraction } from '../src/owner-token.js'
import { allowOneMinute } from './support/time-limit.js'

allowOneMinute()

describe('an owner', () => {
  test('is unique, a million times, with 128 bits of which each is drawn', () => {
    const COUNT = 1_000_000
    const SAMPLES = COUNT / 100
    const drawn = new Float64Array(COUNT)
    const sums = Array.from({ length: 32 }, () => 0)
    for (let i = 0; i < COUNT; i++) {
      const digits = newOwnerToken('').slice(1)
      // 52 bits, as many as a number holds: among a million of them, two are equal once in ten thousand runs of this
      // test.
      drawn[i] = Number.parseInt(digits.slice(0, 13), 16)
      if (i < SAMPLES)
        for (const [at, digit] of digits.split('').entries()) sums[at] = (sums[at] ?? 0) + Number.parseInt(digit, 16)
    }
    drawn.sort()
    expect(drawn.filter((value, i) => value === drawn[i - 1]).length).toBeLessThanOrEqual(1)
    for (const sum of sums) expect(Math.abs(sum / SAMPLES - 7.5)).toBeLessThan(0.5)
  })

  test('shows its label, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (label) => {
        expect(labelOf(newOwnerToken(label))).toBe(label)
      }),
    )
    expect(labelOf(newOwnerToken('a~0123456789abcdef0123456789abcdef'))).toBe('a~0123456789abcdef0123456789abcdef')
    expect(labelOf(newOwnerToken('two\nlines'))).toBe('two\nlines')
  })

  test.each([
    '',
    '~',
    'foreign',
    'host~',
    `~${'0'.repeat(31)}`,
    `~${'0'.repeat(33)}`,
    `~${'G'.repeat(32)}`,
    '0'.repeat(32),
  ])('of somebody else has none: %s', (owner) => {
    expect(labelOf(owner)).toBeNull()
  })
})

describe('a random fraction', () => {
  test('is evenly spread from 0 to below 1', () => {
    const buckets = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 100_000; i++) {
      const bucket = Math.floor(randomFraction() * 10)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    expect(buckets.length).toBe(10)
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(700)
  })
})
