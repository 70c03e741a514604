import { collect } from './exclusion.js'
import { frozenMs, type HistoryView } from './view.js'
import type { Finding } from './verdict.js'

/** How much longer than its budget a call may take on a busy machine, in milliseconds. */
export const GRACE_MS = 15_000

/** Whether every call ended within its time budget. The time in which its process did not run is not counted. */
export function checkCalls({ calls, processes, end }: HistoryView): Finding {
  const found = collect()
  for (const { begun, ended } of calls) {
    const process = processes.get(begun.p)
    // A call that had not ended when its process ended proves nothing.
    const until = ended?.t ?? process?.killed ?? process?.exited?.t ?? end
    const took = until - begun.t - frozenMs(process, begun.t, until)
    if (ended !== undefined) found.judged += 1
    if (took <= begun.budgetMs + GRACE_MS) continue
    const how = ended === undefined ? 'has not ended after' : 'took'
    found.add(false, () => ({
      rule: 'ends',
      text: `${begun.verb}(${begun.names.join(', ')}) in ${begun.p} ${how} ${Math.round(took)} ms, of ${begun.budgetMs} ms that it may take`,
      from: begun.t,
      to: until,
      names: begun.names,
      leases: begun.lease === undefined ? [] : [begun.lease],
      processes: [begun.p],
    }))
  }
  return found.finding()
}
