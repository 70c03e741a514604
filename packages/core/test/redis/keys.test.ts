import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lockKey, nameOfKey, type SideKind, sideKey } from '../../src/redis/keys.js'
import { hashTag, slotOf, tagInSlot } from '../../src/redis/slot.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

const SIDES: readonly SideKind[] = ['f', 'l', 'p']
const bytes = (text: string): number => Buffer.byteLength(text)

/** Names made of the parts of keys, where collisions are most likely. */
const pieces = fc.constantFrom(
  '{',
  '}',
  ':',
  '.',
  'f',
  'l',
  'p',
  'a',
  'lock',
  '0',
  '1zz',
  'ä',
  '😀',
  ' ',
  '\0',
  ',',
  '#',
)
const names = fc.oneof(
  fc.array(pieces, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((name) => name.isWellFormed()),
)
const prefixes = fc.constantFrom('', 'lock:', '{', '{tag}', 'a{b}c:', ':', '.', 'f', '}', '{}')

const sideKeys = (prefix: string, name: string): string[] =>
  SIDES.map((side) => sideKey(prefix, lockKey(prefix, name), side))

describe('the slot of a key', () => {
  // The slots are from the specification of Redis Cluster and from CLUSTER KEYSLOT of a real server.
  test.each([
    ['123456789', 0x31c3],
    ['foo', 12_182],
    ['', 0],
    ['{user1000}.following', slotOf('user1000')],
    ['{user1000}.followers', slotOf('user1000')],
    ['foo{}{bar}', slotOf('foo{}{bar}')],
    ['foo{{bar}}zap', slotOf('{bar')],
    ['foo{bar}{zap}', slotOf('bar')],
  ])('of %s is %d', (key, slot) => {
    expect(slotOf(key)).toBe(slot)
  })

  test('is that of its hash tag, which is what Redis takes it to be', () => {
    expect(['a', '{}', '{a', 'a}', '}{', '{a}', 'x{a}y', '{}{a}', '{{a}}', '{a}{b}'].map(hashTag)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'a',
      'a',
      undefined,
      '{a',
      'a',
    ])
  })

  test('can be had for any number by a tag without braces', () => {
    for (const slot of [0, 1, 4_095, 8_191, 12_182, 16_383]) {
      expect(slotOf(`{${tagInSlot(slot)}}:anything`)).toBe(slot)
      expect(tagInSlot(slot)).toMatch(/^[0-9a-z]+$/)
    }
  })
})

describe('the key of a lock', () => {
  test('is exactly prefix and name', () => {
    fc.assert(
      fc.property(prefixes, names, (prefix, name) => {
        expect(lockKey(prefix, name)).toBe(prefix + name)
      }),
    )
  })
})

describe('the keys beside a lock', () => {
  test('lie in its slot', () => {
    fc.assert(
      fc.property(prefixes, names, (prefix, name) => {
        const slot = slotOf(lockKey(prefix, name))
        for (const key of sideKeys(prefix, name)) expect(slotOf(key)).toBe(slot)
      }),
      { numRuns: 100 },
    )
  })

  test('differ for different locks, and from each other', () => {
    fc.assert(
      fc.property(prefixes, names, names, (prefix, one, other) => {
        fc.pre(one !== other)
        const keys = [...sideKeys(prefix, one), ...sideKeys(prefix, other)]
        expect(new Set(keys).size).toBe(6)
      }),
      { numRuns: 120 },
    )
  })

  test('are no lock keys of the same prefix, whatever the name: they do not begin with it, or are longer than any', () => {
    fc.assert(
      fc.property(prefixes, names, (prefix, name) => {
        for (const key of sideKeys(prefix, name)) {
          const after = key.startsWith(prefix) ? key.slice(prefix.length) : undefined
          expect(after === undefined || bytes(after) > 1_024).toBe(true)
        }
      }),
      { numRuns: 120 },
    )
  })
})

describe('the name of a key', () => {
  test('is had back from its lock key and from its line', () => {
    fc.assert(
      fc.property(prefixes, names, (prefix, name) => {
        const lock = lockKey(prefix, name)
        expect([nameOfKey(prefix, lock), nameOfKey(prefix, sideKey(prefix, lock, 'l'))]).toEqual([name, name])
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['{app}:', 'l'],
    ['{app}:', 'l:x'],
    ['{app', '}:l'],
    ['x{app}:', 'l'],
  ])('also where the lock key looks like a line: prefix %s, name %s', (prefix, name) => {
    const lock = lockKey(prefix, name)
    expect([nameOfKey(prefix, lock), nameOfKey(prefix, sideKey(prefix, lock, 'l'))]).toEqual([name, name])
  })
})

test('the tag of every slot is found without a pause', () => {
  // The processor time is measured, because it depends less on the load of the machine.
  const from = process.cpuUsage()
  for (let slot = 0; slot < 16_384; slot++) if (slotOf(`{${tagInSlot(slot)}}`) !== slot) throw new Error(`${slot}`)
  const { user, system } = process.cpuUsage(from)
  // An earlier version took this time for a single slot.
  expect((user + system) / 1_000).toBeLessThan(2_000)
})
