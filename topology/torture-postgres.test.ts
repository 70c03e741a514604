import { fileURLToPath } from 'node:url'
import { torture, type TortureReport } from '@holdfast/testkit/torture'
import { describe, expect, test } from 'vitest'

// The torture of PostgreSQL finds faults that were made on purpose. A stage of CI shows that it finds none in the
// adapter.

const DURATION_MS = 30_000
const LIMIT_MS = 180_000

const run = (name: string): Promise<TortureReport> => {
  const module = fileURLToPath(new URL(`support/torture/${name}.mjs`, import.meta.url))
  return torture({ module, durationMs: DURATION_MS, workers: 6, actors: 3, keepGoing: true })
}

describe('the torture finds', () => {
  test(
    'writers without the guard: lost updates, or conflicts of transactions',
    async () => {
      const { violations, counts } = await run('unguarded')
      expect(counts.guardedWrites).toBeGreaterThan(0)
      expect(violations.map(({ text }) => text).join('\n')).toMatch(/lost updates|smaller fence|40001/)
    },
    LIMIT_MS,
  )

  test(
    'deadlocks, also where the lock asks again',
    async () => {
      const { violations } = await run('deadlocking')
      expect(violations.map(({ text }) => text)).toContainEqual(expect.stringMatching(/the server ended \d+ deadlocks/))
    },
    LIMIT_MS,
  )

  test(
    'tables that grow',
    async () => {
      const { violations } = await run('growing')
      expect(violations.map(({ text }) => text)).toContainEqual(expect.stringMatching(/lock grew from \d+ to \d+ rows/))
    },
    LIMIT_MS,
  )
})
