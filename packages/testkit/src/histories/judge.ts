import { explain, type Unexplained } from './explain.js'
import type { Terms } from './moment.js'
import { nameOf, type Operation } from './operation.js'

/** What no order of the calls explains, on the name where it shows first; `null` when all is explained. */
export function judge(operations: readonly Operation[], terms: Terms): Unexplained | null {
  const byName = new Map<string, Operation[]>()
  for (const operation of operations) {
    const name = nameOf(operation.call)
    byName.set(name, [...(byName.get(name) ?? []), operation])
  }
  const failures = [...byName.values()].flatMap((each) => explain(each, terms) ?? [])
  return failures.toSorted((a, b) => a.operation.answeredAt - b.operation.answeredAt)[0] ?? null
}
