import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { alternate } from '../src/measure/alternate.js'
import { figureOf, jain, median, quantile } from '../src/measure/stats.js'
import { picture, summary } from '../src/report/svg.js'
import { table } from '../src/report/table.js'
import type { Results, Section } from '../src/report/section.js'

test('quantiles lie between the two nearest', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
  expect(median([])).toBeNaN()
})

test('the spread is half of the interquartile range', () => {
  expect(figureOf([1, 2, 3, 4, 5])).toEqual({ value: 3, spread: 1 })
  expect(figureOf([1, 2])).toEqual({ value: 1.5 })
})

test("Jain's index is 1 for equal shares and 1/n for one who has it all", () => {
  expect(jain([7, 7, 7])).toBeCloseTo(1)
  expect(jain([9, 0, 0])).toBeCloseTo(1 / 3)
})

test('what slows down both blocks of a round leaves the ratio alone', async () => {
  let load = 1
  const block = (cost: number) => async () => ({ cost: cost * Math.ceil(load++ / 2) })
  const ratios = await alternate(new Map([['twice', { baseline: block(1), contender: block(2) }]]), 9, 0)
  expect(ratios.get('twice')?.['cost']?.value).toBeCloseTo(2, 0)
})

const section: Section = {
  workload: 'W0',
  title: 'a < b & c',
  about: 'Nothing.',
  columns: [{ key: 'x', title: 'x bare', digits: 2, chart: 'logarithmic' }],
  rows: [
    { label: 'ours', kind: 'ours', figures: { x: { value: 1234.5, spread: 0.25 } } },
    { label: 'theirs', kind: 'peer', figures: {}, note: '1 of 2 within 3 s' },
  ],
}

test('a table needs no colour: ours is marked, what is absent is a dash', () => {
  expect(table(section).split('\n').slice(2)).toEqual([
    '',
    '                  x bare',
    '--------  --------------  -----------------',
    '> ours    1,234.50 ±0.25',
    '  theirs               -  1 of 2 within 3 s',
    '',
  ])
})

test('the picture is well-formed where a title holds signs of XML', () => {
  const results: Results = {
    date: '2026-01-01T00:00:00.000Z',
    node: '20.0.0',
    server: 'redis 7',
    cpus: 2,
    cpu: '',
    system: '',
    mode: 'short',
    noise: [],
    sections: [section],
  }
  expect(picture(results)).toContain('a &lt; b &amp; c')
  expect(picture(results)).not.toMatch(/NaN|undefined/)
})

test('the pictures in the repository are those of the results in the repository', async () => {
  const folder = join(import.meta.dirname, '..', 'results')
  const results = JSON.parse(await readFile(join(folder, 'latest.json'), 'utf8')) as Results
  expect(await readFile(join(folder, 'latest.svg'), 'utf8')).toBe(picture(results))
  expect(await readFile(join(folder, 'summary.svg'), 'utf8')).toBe(summary(results))
  expect(summary(results).match(/<g transform/g)).toHaveLength(4)
})
