import { expect, test } from 'vitest'
import { grown, leftOpen } from '../scripts/torture/postgres/growth.mjs'

const samples = (rowsAt: (step: number) => number, openMs = 0) =>
  Array.from({ length: 30 }, (_, at) => {
    const rows = rowsAt(at)
    return { at, openMs: at === 20 ? openMs : 10, sizes: { lock: { rows, bytes: 8_192 * Math.ceil(rows / 20) } } }
  })

test('a table that has the size of its use has not grown, and one that gains a row for each step has', () => {
  expect(grown(samples((step) => Math.min(6, step)))).toEqual([])
  expect(grown(samples((step) => 100 + (step % 7)))).toEqual([])
  expect(grown(samples((step) => 12 * step))).toEqual(['lock grew from 228 to 348 rows'])
})

test('a transaction that stays open, from which the vacuum keeps all that dies, is told', () => {
  expect(leftOpen(samples(() => 6, 7_000))).toEqual([])
  expect(leftOpen(samples(() => 6, 31_000))).toEqual(['a transaction was open for 31 s'])
})
