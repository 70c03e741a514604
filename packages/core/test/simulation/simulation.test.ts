import { afterAll, describe, expect, test } from 'vitest'
import { allowOneMinute } from '../support/time-limit.js'
import { simulate } from './simulate.js'

allowOneMinute()

/** For a hundred thousand seeds: npm run simulate -- --seeds 100000. */
const SEEDS = 40

describe('random histories of all verbs, whatever is lost, late, repeated, stopped or closed,', () => {
  const total = new Map<string, number>()
  const platform = {
    getRandomValues: crypto.getRandomValues,
    randomUUID: crypto.randomUUID,
    digest: crypto.subtle.digest,
  }
  afterAll(() => {
    const { digest, ...others } = platform
    Object.assign(crypto, others)
    crypto.subtle.digest = digest
  })

  test(`keep the promises (seeds 1 to ${SEEDS})`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations, log, counts } = await simulate(seed)
      for (const [event, times] of Object.entries(counts)) total.set(event, (total.get(event) ?? 0) + times)
      const replay = `npm run simulate -- --seed ${seed}\n${log.slice(-60).join('\n')}`
      expect(violations, replay).toEqual([])
    }
  })

  test(`keep the promises where what is asked in one turn is one command (seeds 1 to ${SEEDS})`, async () => {
    let batched = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations, log, counts } = await simulate(seed, { batches: true })
      batched += counts['batched'] ?? 0
      const replay = `npm run simulate -- --seed ${seed} --batches\n${log.slice(-60).join('\n')}`
      expect(violations, replay).toEqual([])
    }
    expect(batched).toBeGreaterThan(50)
  })

  test('are no empty ones', () => {
    const often = { acquired: 300, contended: 200, renewed: 150, webLocks: 50, released: 300, busy: 50 }
    const sometimes = { aborted: 20, indeterminate: 10, lost: 10, extended: 5, ticketed: 5, resumed: 1 }
    for (const [event, least] of Object.entries({ ...often, ...sometimes }))
      expect([event, (total.get(event) ?? 0) >= least]).toEqual([event, true])
  })

  test('are the same again with the same seed', async () => {
    for (const seed of [3, 5, 8]) {
      const [one, other] = [await simulate(seed), await simulate(seed)]
      expect(other.log).toEqual(one.log)
    }
  })
})
