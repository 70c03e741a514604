import type { Evidence } from './evidence.js'
import type { Check } from './verdict.js'

/**
 * Each transaction on the ledger depended on its lease: the committed rows are in the order of the fences, there are no
 * other rows, and the transaction of the stopped worker was refused.
 */
export function checkLedger({ ledger, turns, faults }: Evidence): readonly Check[] {
  if (ledger === undefined) return []
  const committed = turns.filter((turn) => turn.ledger === 'committed').length
  // The killed worker could not report which transactions it had committed.
  const untold = ledger.filter(({ fence }) => fence === faults?.kill.fence).length
  const fallen = ledger.filter(({ fence }, index) => index > 0 && fence <= (ledger[index - 1]?.fence ?? 0)).length
  const stale = turns.find(({ fence }) => fence === faults?.pause.fence)
  const harm = ledger.some(({ fence }) => fence === faults?.pause.fence)
  const complete = ledger.length === committed + untold
  const rows = `the ledger has ${ledger.length} rows, each committed under the guard of a lease`
  return [
    {
      ok: complete && fallen === 0,
      text: complete && fallen === 0 ? rows : `${rows}: ${committed + untold} were reported, ${fallen} came late`,
    },
    {
      ok: !harm && stale?.ledger === 'refused',
      text: harm
        ? 'the stale transaction of the stopped worker was committed'
        : stale?.ledger === 'refused'
          ? 'the stale transaction of the stopped worker was refused: it committed nothing'
          : 'the stopped worker never tried its stale transaction',
    },
  ]
}
