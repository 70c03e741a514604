import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEngine } from '../../src/engine/engine.js'
import { type Claim, memoryBackend, systemClock } from '../../src/index.js'
import { Hold } from '../../src/hold/hold.js'
import { decodeTicket, encodeTicket } from '../../src/handle/ticket.js'

const claims = fc.record({
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((name) => name.isWellFormed()),
  owner: fc.string({ unit: 'grapheme' }),
  ttlMs: fc.integer({ min: 10, max: 2 ** 31 - 1 }),
  mode: fc.constantFrom('exclusive' as const, 'shared' as const),
  limit: fc.oneof(fc.integer({ min: 1 }), fc.constant(Infinity)),
})
const fences = fc.oneof(fc.constant(null), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }))

const unbound = createEngine({
  backend: memoryBackend(),
  clock: systemClock,
  label: '',
  observer: undefined,
  handOver: { count: 0, ms: 0 },
  context: undefined,
})

const term = { renew: false, maxHoldMs: Infinity, minHoldMs: 0, timeoutMs: 1 }

const write = (...claimed: readonly (readonly [Claim, number | null])[]): string =>
  encodeTicket(
    claimed.map(([claim]) => new Hold(unbound, claim, { terms: term, now: { now: 0, wall: 0 } })),
    new Map(claimed.map(([claim, fence]) => [claim.name, fence])),
  )

describe('a ticket', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(claims, fences, (claim, fence) => {
        const ticket = write([claim, fence])
        expect(decodeTicket(ticket)).toEqual([{ claim, fence, maxValidMs: null, minHoldMs: 0 }])
        expect(ticket).toMatch(/^[\w.+/=]+$/)
      }),
    )
  })

  test('is a string, and no object that behaves as one', () => {
    const split = (): string[] => ['holdfast1', '1']
    for (const one of [{ split }, Object('holdfast1.x'), null, undefined, 5, []])
      expect(() => decodeTicket(one)).toThrow(new TypeError('resume needs a ticket made by lease.ticket()'))
  })

  test('for several names holds each of them, and is refused when one is missing', () => {
    const several = fc.uniqueArray(claims, { minLength: 2, maxLength: 5, selector: ({ name }) => name })
    fc.assert(
      fc.property(several, fences, (all, fence) => {
        const ticket = write(...all.map((claim) => [claim, fence] as const))
        expect(decodeTicket(ticket).map(({ claim }) => claim)).toEqual(all)
        expect(() => decodeTicket(ticket.slice(0, ticket.lastIndexOf('.')))).toThrow(TypeError)
      }),
    )
  })

  test('that was cut short, or is anything else, is refused without showing what it holds', () => {
    fc.assert(
      fc.property(claims, fences, fc.nat(200), (claim, fence, end) => {
        const ticket = write([claim, fence])
        fc.pre(end < ticket.replace(/=+$/, '').length - 1)
        expect(() => decodeTicket(ticket.slice(0, end))).toThrow(TypeError)
      }),
    )
    const forged = (fields: unknown): string => `holdfast1.${btoa(JSON.stringify(fields))}`
    for (const fields of [
      null,
      {},
      [],
      ['', 'o', 1_000, 'exclusive', 1, 1, null, 0],
      ['n', 'o', 9, 'exclusive', 1, 1, null, 0],
      ['n', 7, 1_000, 'exclusive', 1, 1, null, 0],
      ['n', 'o', 1_000, 'both', 1, 1, null, 0],
      ['n', 'o', 1_000, 'shared', '1', 1, null, 0],
      ['n', 'o', 1_000, 'shared', 1, '1', null, 0],
      ['n', 'o', 1_000, 'shared', 1, 1, '5', 0],
      ['n', 'o', 1_000, 'shared', 1, 1, null, -1],
      // A time of the wall clock.
      ['n', 'o', 1_000, 'shared', 1, 1, null, 1_795_000_000_000],
      ['n', 'o', 1_000, 'shared', 1, 1, null, null],
    ]) {
      expect(() => decodeTicket(forged(fields))).toThrow(new TypeError('resume needs a ticket made by lease.ticket()'))
    }
  })
})
