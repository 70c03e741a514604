import { afterAll, describe, expect, test } from 'vitest'
import type { LockBackend } from '../../../src/index.js'
import { type Counts, noCounts } from './counts.js'
import { type Run, type RunOptions, simulate } from './run.js'
import { drawAnew, drawFrom } from '../../support/chance.js'
import { allowOneMinute } from '../../support/time-limit.js'

allowOneMinute()

/** HOLDFAST_SEED=17 replays one seed, HOLDFAST_SEEDS=1000 plays the first thousand. */
const { HOLDFAST_SEED: only, HOLDFAST_SEEDS: count = '100' } = process.env
const seeds = only === undefined ? Array.from({ length: Number(count) }, (_, i) => i + 1) : [Number(only)]
/** The number of seeds within which each mutant is found. */
const MUTANT_SEEDS = 12

afterAll(drawAnew)

/** Plays a seed, with tokens and jitter drawn from it as well, so that it can be replayed. */
async function play(seed: number, options?: RunOptions): Promise<Run> {
  drawFrom(seed ^ 0x5eed)
  return simulate(seed, options)
}

function add(total: Counts, counts: Counts): void {
  for (const [key, value] of Object.entries(counts)) {
    if (typeof value === 'number') total[key as 'grants'] += value
  }
  for (const [fate, value] of Object.entries(counts.fates)) total.fates[fate as 'hangs'] += value
}

describe('any history, whatever is lost, late, repeated, paused or stopped,', () => {
  const total = noCounts()

  test.each(seeds)('keeps the promises (HOLDFAST_SEED=%d)', async (seed) => {
    const { violations, counts, log } = await play(seed)
    add(total, counts)
    expect(violations.map(String), log.slice(-60).join('\n')).toEqual([])
  })

  test.skipIf(only !== undefined)('was no empty one: enough was granted, contended, unknown and lost', () => {
    const runs = seeds.length
    const { fates, ...counts } = total
    for (const [what, times] of Object.entries(counts)) expect([what, times >= runs / 4]).toEqual([what, true])
    for (const [fate, times] of Object.entries(fates)) expect([fate, times >= runs]).toEqual([fate, true])
    expect(counts.leases / runs).toBeGreaterThan(30)
    expect(counts.contended / counts.leases).toBeGreaterThan(0.3)
  })

  test('is the same again with the same seed', async () => {
    const [one, other] = [await play(5), await play(5)]
    expect(other.log).toEqual(one.log)
    expect(other.counts).toEqual(one.counts)
  })
})

/** Stores that break the contract, each in one way, with the promise that breaks by it. */
const mutants: Record<string, readonly [promise: RegExp, mutant: (store: LockBackend) => LockBackend]> = {
  'grants what is held': [
    /^Violation: P1/,
    (store) => ({
      ...store,
      acquire: async (claim) => {
        const answer = await store.acquire(claim)
        return answer.acquired || claim.owner.endsWith('0') === false
          ? answer
          : { acquired: true, validMs: claim.ttlMs, fence: Number.MAX_SAFE_INTEGER }
      },
    }),
  ],
  'releases without asking who holds': [
    /^Violation: (P1|P3)/,
    (store) => ({
      ...store,
      release: async (ownership) => {
        await store.release(ownership)
        return (await store.evict(ownership.name)) ? 'released' : 'not-held'
      },
    }),
  ],
  'releases whoever holds, and does not say so': [
    /^Violation: (P1|P3|idempotence)/,
    (store) => ({
      ...store,
      release: async (ownership) => {
        const answer = await store.release(ownership)
        await store.evict(ownership.name)
        return answer
      },
    }),
  ],
  'counts the fence up when a grant is repeated': [
    /^Violation: P2/,
    (store) => {
      const repeats = new Map<string, number>()
      return {
        ...store,
        acquire: async (claim) => {
          const answer = await store.acquire(claim)
          if (!answer.acquired) return answer
          const times = repeats.get(claim.owner) ?? 0
          repeats.set(claim.owner, times + 1)
          return { ...answer, fence: (answer.fence ?? 0) + times }
        },
      }
    },
  ],
  'refuses a name to its own holder': [
    /^Violation: (idempotence|P1)/,
    (store) => ({
      ...store,
      acquire: async (claim) => {
        const held = await store.inspect(claim.name)
        return held?.holders.some(({ owner }) => owner === claim.owner)
          ? { acquired: false, retryAfterMs: null, ahead: null }
          : store.acquire(claim)
      },
    }),
  ],
  'creates a missing lease that it is to extend': [
    /^Violation: P3/,
    (store) => ({
      ...store,
      extend: async (claims) => {
        const answers = await store.extend(claims)
        for (const [i, claim] of claims.entries()) {
          if (answers[i]?.status === 'lost' && (await store.acquire({ ...claim })).acquired) return store.extend(claims)
        }
        return answers
      },
    }),
  ],
  'says extended of what is lost': [
    /^Violation: P3/,
    (store) => ({
      ...store,
      extend: async (claims) => {
        await store.extend(claims)
        return claims.map(({ ttlMs }) => ({ status: 'extended', validMs: ttlMs, fence: null }))
      },
    }),
  ],
  'forgets its fences': [
    /^Violation: P2/,
    (store) => ({
      ...store,
      acquire: async (claim) => {
        const answer = await store.acquire(claim)
        return answer.acquired ? { ...answer, fence: ((answer.fence ?? 0) % 40) + 1 } : answer
      },
    }),
  ],
  'expires leases early': [
    /^Violation: (P1|P3|idempotence)/,
    (store) => ({
      ...store,
      acquire: (claim) => store.acquire({ ...claim, ttlMs: claim.ttlMs * 0.9 }),
      extend: (claims) => store.extend(claims.map((claim) => ({ ...claim, ttlMs: claim.ttlMs * 0.9 }))),
    }),
  ],
}

async function foundWithin(options: RunOptions, promise: RegExp): Promise<boolean> {
  for (let seed = 1; seed <= MUTANT_SEEDS; seed++) {
    const { violations } = await play(seed, options)
    if (violations.some((violation) => promise.test(String(violation)))) return true
  }
  return false
}

describe.skipIf(only !== undefined)('the judge finds', () => {
  test.each(Object.entries(mutants))('a store that %s', async (_, [promise, mutant]) => {
    expect(await foundWithin({ mutant }, promise)).toBe(true)
  })

  test('clocks that go slower than the margin allows', async () => {
    expect(await foundWithin({ rates: [0.9, 0.92] }, /^Violation: P1/)).toBe(true)
  })
})
