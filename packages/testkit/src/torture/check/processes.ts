import { collect } from './exclusion.js'
import type { HistoryView } from './view.js'
import type { Finding } from './verdict.js'

/** Whether a process ended that the run did not kill. */
export function checkProcesses({ processes }: HistoryView): Finding {
  const found = collect()
  for (const { p, started, killed, exited, finished } of processes.values()) {
    if (started === undefined) continue
    found.judged += 1
    if (exited === undefined || killed !== undefined || finished !== undefined) continue
    const text = `${p} ended by itself: ${exited.note ?? 'without a word'}`
    const { t } = exited
    found.add(false, () => ({ rule: 'process', text, from: t, to: t, names: [], leases: [], processes: [p] }))
  }
  return found.finding()
}

/** Whether a secret was seen where none may be. */
export function checkSecrets({ events }: HistoryView): Finding {
  const found = collect()
  for (const event of events) {
    if (event.type === 'end') found.judged += 1
    if (event.type !== 'leak') continue
    const { t, p, where } = event
    const text = `a secret in ${where} of ${p}`
    found.add(false, () => ({ rule: 'secrets', text, from: t, to: t, names: [], leases: [], processes: [p] }))
  }
  return found.finding()
}

/** Whether the target found something wrong in the store itself. */
export function checkAudit({ events }: HistoryView): Finding {
  const found = collect()
  for (const event of events) {
    if (event.type !== 'audit') continue
    found.judged += Object.keys(event.counts).length
    for (const text of event.broken)
      found.add(false, () => ({
        rule: 'audit',
        text,
        from: event.t,
        to: event.t,
        names: [],
        leases: [],
        processes: [],
      }))
  }
  return found.finding()
}

/** Beginnings of the codes of errors that no call may have. */
export const STRAY = 'stray:'

/** Whether a call failed by an error that is not documented. */
export function checkErrors({ calls }: HistoryView): Finding {
  const found = collect()
  for (const { begun, ended } of calls) {
    if (ended?.code === undefined) continue
    found.judged += 1
    if (!ended.code.startsWith(STRAY)) continue
    const { verb, names, lease, p, t } = begun
    const text = `${verb}(${names.join(', ')}) in ${p} failed by ${ended.code.slice(STRAY.length)}`
    const leases = lease === undefined ? [] : [lease]
    found.add(false, () => ({ rule: 'errors', text, from: t, to: ended.t, names, leases, processes: [p] }))
  }
  return found.finding()
}
