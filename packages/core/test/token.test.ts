import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelOf, mintOwner, randomFraction } from '../src/token.js'

describe('an owner', () => {
  test('is unique, a million times, with 128 bits of which each is drawn (F59)', () => {
    const COUNT = 1_000_000
    const owners = new Set<string>()
    const ones = Array.from({ length: 32 }, () => 0)
    for (let i = 0; i < COUNT; i++) {
      const owner = mintOwner('')
      owners.add(owner)
      if (i % 100 === 0)
        for (let digit = 0; digit < 32; digit++)
          ones[digit] = (ones[digit] ?? 0) + Number.parseInt(owner[digit + 1] ?? '', 16)
    }
    expect(owners.size).toBe(COUNT)
    for (const sum of ones) expect(Math.abs(sum / (COUNT / 100) - 7.5)).toBeLessThan(0.5)
  })

  test('shows its label, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (label) => {
        expect(labelOf(mintOwner(label))).toBe(label)
      }),
    )
    expect(labelOf(mintOwner('a~0123456789abcdef0123456789abcdef'))).toBe('a~0123456789abcdef0123456789abcdef')
    expect(labelOf(mintOwner('two\nlines'))).toBe('two\nlines')
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
