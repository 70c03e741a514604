import stringWidth from 'string-width'
import type { NameState } from './group.js'
import { cut, labelText, pad, plain, spanText } from './words.js'

const HEADINGS = ['NAME', 'MODE', 'HOLDER', 'LEFT', 'WAITING'] as const
/** A name may have 1024 bytes. */
const MOST_COLUMNS = 40
const MOST_WAITERS = 3
const NUMBERS: ReadonlySet<number> = new Set([3])

/** The lines of a table: one for each holder, the first of a name with the waiters for it. */
export function tableOf(names: readonly NameState[]): string[] {
  const rows = [HEADINGS, ...names.flatMap(rowsOf)].map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cut(cell, MOST_COLUMNS))),
  )
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, column) => aligned(cell, column, widths))
      .join('   ')
      .trimEnd(),
  )
}

function aligned(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0
  return NUMBERS.has(column) ? ' '.repeat(width - stringWidth(cell)) + cell : pad(cell, width)
}

function rowsOf({ name, mode, holders, waiters }: NameState): string[][] {
  const [first, ...others] = holders.map(({ label, remainingMs }) => [labelText(label), spanText(remainingMs)])
  return [
    [plain(name), mode, ...(first ?? ['-', '-']), waitersText(waiters)],
    ...others.map((holder) => ['', '', ...holder, '']),
  ]
}

function waitersText(waiters: NameState['waiters']): string {
  if (waiters.length === 0) return '-'
  const labels = waiters.slice(0, MOST_WAITERS).map(({ label }) => labelText(label))
  const more = waiters.length > MOST_WAITERS ? ', …' : ''
  return `${waiters.length}: ${labels.join(', ')}${more}`
}
