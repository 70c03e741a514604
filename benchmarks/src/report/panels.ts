import type { Kind } from '../locks/contender.js'
import type { Column, Row, Section } from './section.js'
import { show } from './table.js'

/** The drawing of one figure of a section. */
export interface Panel {
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly label: string
  readonly kind: Kind
  /** From 0 to 1. */
  readonly length: number
  readonly figure: string
}

/** A logarithmic bar begins this far below its smallest figure. */
const LOG_FLOOR = 3

export function panelsOf(sections: readonly Section[]): Panel[] {
  return sections.flatMap((section) =>
    section.columns.filter((column) => column.chart !== undefined).map((column) => panelOf(section, column)),
  )
}

function panelOf({ workload, title, rows }: Section, column: Column): Panel {
  const present = rows.filter(({ figures }) => Number.isFinite(figures[column.key]?.value))
  const values = present.map((row) => valueOf(row, column))
  const scale = column.chart === 'logarithmic' ? logarithmic(values) : linear(values)
  const bars = present.map((row): Bar => {
    const { label, kind, note } = row
    const figure = show({ value: valueOf(row, column) }, column.digits)
    const unfinished = note?.match(/^\d+ of [\d,]+/)?.[0]
    return {
      label,
      kind,
      length: scale(valueOf(row, column)),
      figure: unfinished === undefined ? figure : `${figure} (${unfinished})`,
    }
  })
  const better = column.better === undefined ? '' : `, ${column.better} is better`
  const unit = `${column.title}${better}${column.chart === 'logarithmic' ? ' (logarithmic)' : ''}`
  return { title: `${workload}  ${title}`, unit, bars }
}

const valueOf = ({ figures }: Row, { key }: Column): number => figures[key]?.value ?? NaN

function linear(values: readonly number[]): (value: number) => number {
  const most = Math.max(...values)
  return (value) => (most > 0 ? value / most : 0)
}

function logarithmic(values: readonly number[]): (value: number) => number {
  const positive = values.filter((value) => value > 0)
  const low = Math.log(Math.min(...positive) / LOG_FLOOR)
  const high = Math.log(Math.max(...positive))
  return (value) => (value > 0 ? (Math.log(value) - low) / (high - low) : 0)
}
