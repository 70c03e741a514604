import { collect } from './exclusion.js'
import type { Excuses } from './excuses.js'
import type { HistoryView, LeaseView } from './view.js'
import type { Finding, TortureRule, Violation } from './verdict.js'

interface Grant {
  readonly lease: LeaseView
  readonly fence: number
}

/** Whether fences rise with every grant of a name, and differ. */
export function checkFences(view: HistoryView, excuses: Excuses): Finding {
  const found = collect()
  for (const [name, grants] of grantsOf(view)) {
    const byBegin = grants.toSorted((one, other) => one.lease.asked - other.lease.asked)
    const byEnd = grants.toSorted((one, other) => one.lease.granted - other.lease.granted)
    const owners = new Map<number, Grant>()
    let passed = 0
    let newest: Grant | undefined
    for (const grant of byBegin) {
      for (let each = byEnd[passed]; each && each.lease.granted < grant.lease.asked; each = byEnd[(passed += 1)])
        if (newest === undefined || each.fence > newest.fence) newest = each
      found.judged += 1
      const same = owners.get(grant.fence)
      const earlier = newest !== undefined && grant.fence <= newest.fence ? newest : same
      owners.set(grant.fence, grant)
      if (earlier === undefined) continue
      // The hold was handed on within a process that does not know of its loss yet, with a fence reserved before the
      // loss.
      const excused = same === undefined && excuses.overtaken(grant.lease, name, grant.lease.granted)
      found.add(excused, () => violation('fences', name, [earlier, grant]))
    }
  }
  return found.finding()
}

/** Whether a write was accepted after a write of a later holder. */
export function checkWrites({ writes, leases }: HistoryView, excuses: Excuses): Finding {
  const found = collect()
  const latest = new Map<string, Grant>()
  for (const { lease: id, name, fence, accepted, t } of writes) {
    const lease = leases.get(id)
    if (!accepted || fence === null || lease === undefined) continue
    found.judged += 1
    const before = latest.get(name)
    if (before !== undefined && before.lease.group !== lease.group && lease.granted < before.lease.asked) {
      const excused = excuses.overtaken(before.lease, name, before.lease.granted)
      found.add(excused, () => violation('stale-write', name, [before, { lease, fence }], t))
    }
    if (lease.fresh && (before === undefined || lease.asked > before.lease.asked)) latest.set(name, { lease, fence })
  }
  return found.finding()
}

function grantsOf({ leases }: HistoryView): ReadonlyMap<string, Grant[]> {
  const found = new Map<string, Grant[]>()
  for (const lease of leases.values()) {
    if (!lease.fresh) continue
    for (const name of lease.names) {
      const fence = lease.fences[name]
      if (typeof fence !== 'number') continue
      const known = found.get(name)
      if (known === undefined) found.set(name, [{ lease, fence }])
      else known.push({ lease, fence })
    }
  }
  return found
}

function violation(
  rule: TortureRule,
  name: string,
  [one, other]: readonly [Grant, Grant],
  at: number = other.lease.granted,
): Violation {
  const text =
    rule === 'fences'
      ? `${name}: fence ${one.fence}, and then fence ${other.fence}`
      : `${name}: a write with fence ${other.fence} was accepted after one of a later holder, with fence ${one.fence}`
  return {
    rule,
    text,
    from: Math.min(one.lease.granted, other.lease.granted),
    to: at,
    names: [name],
    leases: [one.lease.lease, other.lease.lease],
    processes: [one.lease.p, other.lease.p],
  }
}
