import type { Action, Plan } from './plan.js'

/** Plays a plan again and answers whether it still fails. */
export type StillFails = (plan: Plan) => Promise<boolean>

/** Leaves out of a failing plan every part that the failure does not need, as long as there are tries. */
export async function shrink(plan: Plan, stillFails: StillFails, maxTries: number): Promise<Plan> {
  let best = plan
  let tries = 0
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (tries >= maxTries || candidate.length === 0) return false
    tries += 1
    if (!(await stillFails(candidate))) return false
    best = candidate
    return true
  }
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = best.length - size; from >= 0; from -= size) {
      await attempt([...best.slice(0, from), ...best.slice(from + size)])
    }
  }
  for (let index = best.length - 1; index >= 0; index--) {
    for (const simpler of simplerThan(best[index])) await attempt(best.with(index, simpler))
  }
  return best
}

function simplerThan(action: Action | undefined): readonly Action[] {
  if (action?.type !== 'calls') return []
  const { calls, meanwhileMs } = action
  const fewer = calls.length < 2 ? [] : calls.map((_, index) => ({ ...action, calls: calls.toSpliced(index, 1) }))
  return meanwhileMs > 0 ? [{ ...action, meanwhileMs: 0 }, ...fewer] : fewer
}
