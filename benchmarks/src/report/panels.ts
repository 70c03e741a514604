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
  /** The length of the bar, from 0 to 1. */
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

/** A figure of the summary: its place in the results, and its words for a reader who has read nothing else. */
interface Chosen {
  readonly workload: string
  /** A part of the title of the figure's section. */
  readonly section: string
  readonly key: string
  readonly title: string
  readonly unit: string
  readonly scale?: 'logarithmic'
}

const SUMMARY: readonly Chosen[] = [
  {
    workload: 'W2',
    section: '64 concurrent loops',
    key: 'rate',
    title: 'Throughput: acquire and release, 64 names at once',
    unit: 'pairs per second, x bare client, more is better',
  },
  {
    workload: 'W3',
    section: '8 processes, which pause',
    key: 'p50x',
    title: 'Hand-over: 8 processes take turns on one name',
    unit: 'median time from release to the next holder, x a bare queue, less is better',
  },
  {
    workload: 'W4',
    section: '1000 acquirers',
    key: 'took',
    title: '1,000 callers of one process on one name',
    unit: 'ms until all were served, less is better (logarithmic)',
    scale: 'logarithmic',
  },
  {
    workload: 'W3',
    section: '8 processes, which pause',
    key: 'longest',
    title: 'Fairness: 8 processes take turns on one name',
    unit: 'longest wait in ms, less is better (logarithmic)',
    scale: 'logarithmic',
  },
]

/** The panels of the summary. A panel without results, as after a run of some workloads, is left out. */
export function summaryOf(sections: readonly Section[]): Panel[] {
  return SUMMARY.flatMap(({ workload, section, key, title, unit, scale }) => {
    const found = sections.find((each) => each.workload === workload && each.title.includes(section))
    const column = found?.columns.find((each) => each.key === key)
    return found && column ? [{ ...panelOf(found, { ...column, chart: scale ?? 'linear' }), title, unit }] : []
  })
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
