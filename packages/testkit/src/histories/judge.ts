import { explain, type Unexplained } from './explain.js'
import type { Terms } from './moment.js'
import { nameOf, type Operation } from './operation.js'

/** The first answer that no order of the calls explains, and its name; `null` when all answers are explained. */
export function judge(operations: readonly Operation[], terms: Terms): Unexplained | null {
  const byName = new Map<string, Operation[]>()
  for (const operation of operations) {
    const name = nameOf(operation.call)
    byName.set(name, [...(byName.get(name) ?? []), operation])
  }
  const failures = [...byName.values()].flatMap((each) => explain(each, terms) ?? [])
  return failures.toSorted((a, b) => a.operation.answeredAt - b.operation.answeredAt)[0] ?? null
}
