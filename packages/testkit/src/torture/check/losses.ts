import { collect } from './exclusion.js'
import { frozenMs, type HistoryView, type LeaseView } from './view.js'
import type { Finding, TortureRule, Violation } from './verdict.js'

/** How late a signal may abort on a busy machine, in milliseconds. */
export const SIGNAL_MS = 2_000

/** Whether the signal aborted of each lease that said not held. Only a signal that its holder waited for is judged. */
export function checkSignals({ leases, processes, end }: HistoryView): Finding {
  const found = collect()
  for (const lease of leases.values()) {
    const { notHeld, signalled, watched, p } = lease
    if (notHeld === undefined || !watched || (lease.left ?? Infinity) < notHeld) continue
    const process = processes.get(p)
    const until = signalled ?? Math.min(lease.left ?? end, process?.killed ?? process?.exited?.t ?? end)
    if (signalled !== undefined) found.judged += 1
    const waited = until - notHeld - frozenMs(process, notHeld, until)
    if (waited <= SIGNAL_MS) continue
    const how = signalled === undefined ? 'had not aborted' : 'aborted only'
    found.add(false, () =>
      violation('loss-signal', lease, {
        from: notHeld,
        to: until,
        text: `its signal ${how} ${Math.round(waited)} ms later`,
      }),
    )
  }
  return found.finding()
}

/** Whether a lease said held for longer than it can be, by its ttl or by maxHoldMs. */
export function checkTerms({ leases }: HistoryView): Finding {
  const found = collect()
  for (const lease of leases.values()) {
    const { terms, granted, heldTo, fresh } = lease
    const { ttlMs, renew, maxHoldMs } = terms
    if (heldTo === undefined || !fresh) continue
    const most = Math.min(renew || lease.extended ? Infinity : ttlMs, maxHoldMs ?? Infinity)
    if (most === Infinity) continue
    found.judged += 1
    if (heldTo <= granted + most) continue
    const text = `still said held ${Math.round(heldTo - granted)} ms after its grant, of ${most} ms that it may`
    found.add(false, () => violation('held-too-long', lease, { from: granted, to: heldTo, text }))
  }
  return found.finding()
}

function violation(
  rule: TortureRule,
  { lease, names, p }: LeaseView,
  { from, to, text }: { readonly from: number; readonly to: number; readonly text: string },
): Violation {
  return { rule, text: `${names.join(', ')} in ${p}: ${text}`, from, to, names, leases: [lease], processes: [p] }
}
