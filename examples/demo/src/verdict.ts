import { checkFaults } from './fault-checks.js'
import { checkLedger } from './ledger-check.js'
import type { Evidence, Turn } from './evidence.js'
import { allHolds, type Hold, wasRefusedWhileHeld } from './holds.js'

/** A check of the run, and its result. */
export interface Check {
  readonly ok: boolean
  readonly text: string
}

const LEAST_CONTENDED = 0.3
const LEAST_TURNS_PER_WORKER = 5

/** All checks. A run that proved nothing does not pass either. */
export function judge(evidence: Evidence): readonly Check[] {
  return [
    checkUpdates(evidence),
    checkOverlaps(allHolds(evidence)),
    checkFences(allHolds(evidence), evidence.turns),
    ...checkFaults(evidence),
    ...checkLedger(evidence),
    checkContention(evidence),
  ]
}

/**
 * Every increment that was confirmed to a worker must be in the counter. The account's log of the writes must agree. An
 * update of the killed worker also counts if it arrived, although the worker could not report it.
 */
function checkUpdates({ turns, statement, faults }: Evidence): Check {
  const { counter, entries } = statement
  const writes = entries.filter(({ kind }) => kind === 'counter')
  const confirmed = turns.filter(({ outcome }) => outcome === 'wrote').length
  const ofTheDead = writes.filter(({ worker, fence }) => worker === faults?.kill.worker && fence === faults.kill.fence)
  const made = confirmed + ofTheDead.length
  const lost = made - counter
  const text = `lost updates: ${lost} (${made} increments made, the counter says ${counter})`
  return { ok: lost === 0 && writes.length === made, text }
}

/**
 * From the moment a worker knew that it held the lock until it started to give it back, no other worker may hold it.
 */
function checkOverlaps(holds: readonly Hold[]): Check {
  let until = -Infinity
  let overlaps = 0
  for (const hold of holds) {
    if (hold.from < until) overlaps++
    until = Math.max(until, hold.until)
  }
  return { ok: overlaps === 0, text: `two holders at once: ${overlaps} (of ${holds.length} holds, on one clock)` }
}

function checkFences(holds: readonly Hold[], turns: readonly Turn[]): Check {
  const fallen = holds.filter(({ fence }, index) => index > 0 && fence <= (holds[index - 1]?.fence ?? 0)).length
  const refused = turns.filter(wasRefusedWhileHeld).length
  const ok = fallen + refused === 0
  const failure = `${fallen} fences did not rise, ${refused} were refused while their lease was held`
  return { ok, text: ok ? 'every grant had a higher fence than the one before' : failure }
}

/** A lock that does nothing would pass a run without contention, or with a worker that hardly took part. */
function checkContention({ turns, workers }: Evidence): Check {
  const share = turns.filter(({ contended }) => contended).length / turns.length
  const idle = workers.filter(({ id }) => turns.filter(({ worker }) => worker === id).length < LEAST_TURNS_PER_WORKER)
  const ok = share >= LEAST_CONTENDED && idle.length === 0
  const percent = `${Math.round(share * 100)} % of the turns found the lock taken`
  return {
    ok,
    text: ok ? `it was tested: ${percent}` : `this run proved nothing: ${percent}, ${idle.length} workers idle`,
  }
}
