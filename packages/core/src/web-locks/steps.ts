import { runInBackground } from '../timers/background.js'
import type { Engine } from '../engine/engine.js'
import { waitAtMost } from '../timers/sleep.js'

/** Steps that take effect one after the other, in the order in which they were asked for. */
export interface Steps {
  /** Runs the step when all before it have settled, or were waited for long enough. One that fails holds up nobody. */
  inOrder(step: () => Promise<unknown>): void
  /** The same, beside those of its kind that stand directly before it: nothing between them could tell their order. */
  beside(step: () => Promise<unknown>): void
}

/** @param limitMs how long the others wait for one step: a store that does not answer for one name has others. */
export function createSteps(engine: Engine, limitMs: number): Steps {
  const { clock, waitTimers } = engine
  let before: Promise<unknown> = Promise.resolve()
  let beside: Promise<unknown>[] = []

  const bounded = (step: () => Promise<unknown>): Promise<void> =>
    waitAtMost(
      waitTimers,
      clock.now() + limitMs,
      step().catch(() => {}),
    )

  return {
    inOrder: (step) => {
      before = Promise.all([before, ...beside]).then(() => bounded(step))
      beside = []
      runInBackground(engine, before)
    },
    beside: (step) => {
      const running = before.then(() => bounded(step))
      beside.push(running)
      runInBackground(engine, running)
    },
  }
}
