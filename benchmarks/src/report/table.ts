import type { Figure } from '../measure/stats.js'
import type { Column, Row, Section } from './section.js'

/** The table as text that needs neither colour nor a wide terminal. */
export function table({ workload, title, about, columns, rows }: Section): string {
  const head = ['', ...columns.map((column) => column.title), '']
  const body = rows.map((row) => [label(row), ...columns.map((column) => cell(row, column)), row.note ?? ''])
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((cells) => cells[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => (i === 0 || i > columns.length ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  const rule = widths
    .map((width) => '-'.repeat(width))
    .join('  ')
    .trimEnd()
  return [`${workload}  ${title}`, ...wrap(about, 100), '', line(head), rule, ...body.map(line), ''].join('\n')
}

const label = ({ kind, label: text }: Row): string => `${kind === 'ours' ? '>' : ' '} ${text}`

export function cell({ figures }: Row, { key, digits }: Column): string {
  const figure = figures[key]
  return figure === undefined ? '-' : show(figure, digits)
}

export function show({ value, spread }: Figure, digits: number): string {
  if (!Number.isFinite(value)) return '-'
  const text = plain(value, digits)
  return spread === undefined ? text : `${text} ±${plain(spread, digits)}`
}

function plain(value: number, digits: number): string {
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
