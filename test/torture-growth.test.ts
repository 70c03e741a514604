import { expect, test } from 'vitest'
import { grown } from '../scripts/torture/postgres/growth.mjs'

interface Step {
  readonly rows: number
  readonly bytes?: number
  readonly blocked?: boolean
}

const samples = (stepAt: (step: number) => Step) =>
  Array.from({ length: 30 }, (_, at) => {
    const { rows, bytes = 8_192 * Math.ceil(rows / 20), blocked = false } = stepAt(at)
    return { at, blocked, sizes: { lock: { rows, bytes } } }
  })

test('a table that has the size of its use has not grown, and one that gains a row for each step has', () => {
  expect(grown(samples((step) => ({ rows: Math.min(6, step) })))).toEqual([])
  expect(grown(samples((step) => ({ rows: 100 + (step % 7) })))).toEqual([])
  expect(grown(samples((step) => ({ rows: 12 * step })))).toEqual(['lock grew from 228 to 348 rows'])
})

test('what a table gains while the vacuum is blocked is no growth, and what it gains thereafter is', () => {
  const bytesAt = (step: number): number => (step < 22 ? 200_000 : 400_000)
  const rows = 6
  expect(grown(samples((step) => ({ rows, bytes: bytesAt(step) })))).toEqual(['lock grew from 200000 to 400000 bytes'])
  expect(grown(samples((step) => ({ rows, bytes: bytesAt(step), blocked: step === 22 })))).toEqual([])
  const leaking = samples((step) => ({ rows, bytes: bytesAt(step) + 60_000 * step, blocked: step === 22 }))
  expect(grown(leaking)).toEqual(['lock grew from 1340000 to 1880000 bytes'])
})
