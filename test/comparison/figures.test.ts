import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { read, readJson, root } from '../workspace.js'

interface Section {
  readonly workload: string
  readonly title: string
  readonly rows: readonly {
    readonly label: string
    readonly note?: string
    readonly figures: Readonly<Record<string, { readonly value: number | null } | undefined>>
  }[]
}

const { sections } = readJson<{ sections: Section[] }>(join(root, 'benchmarks/results/latest.json'))
const [, table = ''] = read('docs/comparison.md').split('| workload ')

/** The section, figure and decimals of each row of the table, in its order. */
const ROWS: readonly (readonly [section: string, key: string, digits: number])[] = [
  ['ioredis, client and server on one core', 'p50', 2],
  ['64 concurrent loops', 'rate', 2],
  ['8 processes, which pause', 'p50x', 2],
  ['8 processes, which pause', 'longest', 0],
  ['8 processes, which want it again', 'p50x', 2],
  ['8 processes, which want it again', 'longest', 0],
  ['8 processes, which pause', 'jain', 2],
  ['8 processes, which pause', 'commands', 2],
  ['1000 acquirers', 'took', 1],
  ['1000 acquirers', 'commands', 3],
  ['10,000 held leases', 'commands', 0],
  ['what is installed', 'size', 1],
]
const LABELS = [/^Holdfast( over ioredis)?$/, /^redlock( 5(, using)?)?$/, /^redis-semaphore$/, /^verrou$/]

describe('the figures of docs/comparison.md', () => {
  const shown = table.split('\n').slice(2, 2 + ROWS.length)

  test.each(ROWS.map((row, i) => [shown[i]?.split('|')[1]?.trim() ?? '', row, shown[i] ?? ''] as const))(
    '%s',
    (_, [section, key, digits], line) => {
      const figures = line.split('|').slice(2, 6)
      expect(figures.map((figure) => figure.trim())).toEqual(
        LABELS.map((label) => figureOf(section, key, digits, label)),
      )
    },
  )
})

function figureOf(section: string, key: string, digits: number, label: RegExp): string {
  const row = sections.find(({ title }) => title.includes(section))?.rows.find((each) => label.test(each.label))
  if (row === undefined) return 'does not renew'
  const value = row.figures[key]?.value
  if (value === undefined || value === null) return '–'
  const unfinished = key === 'took' ? /^\d+ of \d+ within 15 s/.exec(row.note ?? '')?.[0] : undefined
  return unfinished ?? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
