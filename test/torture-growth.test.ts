import { expect, test } from 'vitest'
import { grown } from '../scripts/torture/postgres/growth.mjs'

test('a table that has the size of its use has not grown, and one that gains a row for each step has', () => {
  const samples = (rowsAt: (step: number) => number) =>
    Array.from({ length: 30 }, (_, step) => ({
      at: step,
      sizes: { lock: { rows: rowsAt(step), bytes: 8_192 * Math.ceil(rowsAt(step) / 20) } },
    }))
  expect(grown(samples((step) => Math.min(6, step)))).toEqual([])
  expect(grown(samples((step) => 100 + (step % 7)))).toEqual([])
  expect(grown(samples((step) => 12 * step))).toEqual(['lock grew from 228 to 348 rows'])
})
