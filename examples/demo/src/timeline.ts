import type { Evidence } from './evidence.js'
import { allHolds, type Hold } from './holds.js'

/** The shades of a cell, by the part of its time in which the worker held the lock: none, a little, … all of it. */
const SHADES = ['·', '░', '▒', '▓', '█'] as const

/** The meaning of the cells. */
export function legendOf({ faults }: Evidence): string {
  const ofFaults = faults ? '   ✗ killed   = stopped   ! its stale write refused' : ''
  return `█ ▓ ▒ ░ held it all of that time … a little   · waited${ofFaults}`
}

/** A row of cells for each worker, left to right from `from` to `until`. */
export function drawTimeline(
  evidence: Evidence,
  { from, until, width }: { readonly from: number; readonly until: number; readonly width: number },
): readonly string[] {
  const holds = allHolds(evidence)
  const span = (until - from) / width
  return evidence.workers.map(({ id }) => {
    const own = holds.filter(({ worker }) => worker === id)
    const start = Math.min(...evidence.turns.filter(({ worker }) => worker === id).map(({ askedAt }) => askedAt))
    const cells = Array.from({ length: width }, (_, index) => {
      const slice = { from: from + index * span, until: from + (index + 1) * span }
      return slice.until < start ? ' ' : (faultIn(slice, id, evidence) ?? shadeOf(slice, own))
    })
    return cells.join('').trimEnd()
  })
}

/** Marks at round times below the rows, with the times since the start of the run. */
export function drawAxis(
  startedAt: number,
  { from, until, width }: { readonly from: number; readonly until: number; readonly width: number },
): string {
  const perCell = (until - from) / width
  const stepMs = [100, 200, 500, 1_000, 2_000, 5_000].find((step) => step / perCell >= 10) ?? 10_000
  let axis = ''
  for (let at = Math.ceil((from - startedAt) / stepMs) * stepMs; at < until - startedAt; at += stepMs) {
    const label = `╵${at / 1_000} s`
    const column = Math.floor((at + startedAt - from) / perCell)
    if (column + label.length <= width) axis = axis.padEnd(column) + label
  }
  return axis
}

interface Slice {
  readonly from: number
  readonly until: number
}

function faultIn(slice: Slice, worker: number, { faults }: Evidence): string | undefined {
  if (faults === undefined) return undefined
  const { kill, pause } = faults
  if (worker === kill.worker && slice.until > kill.at) return slice.from <= kill.at ? '✗' : ' '
  if (worker !== pause.worker || slice.until <= pause.stoppedAt || slice.from > pause.resumedAt) return undefined
  return slice.until > pause.resumedAt ? '!' : '='
}

function shadeOf(slice: Slice, holds: readonly Hold[]): string {
  const heldMs = holds.reduce(
    (sum, { from, until }) => sum + Math.max(0, Math.min(until, slice.until) - Math.max(from, slice.from)),
    0,
  )
  const share = heldMs / (slice.until - slice.from)
  return SHADES[Math.min(SHADES.length - 1, Math.ceil(share * 3.6))] ?? SHADES[0]
}
