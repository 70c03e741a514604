import type { Engine } from '../engine/engine.js'
import { runInBackground } from '../timers/background.js'
import { waitAtMost } from '../timers/sleep.js'

/** Takes effect when its promise settles. It may reject: that holds up no other step. */
export type Step = () => Promise<unknown>

/** The calls of one lock manager, each a step that takes effect at the store in the order of the calls. */
export interface Steps {
  /** Runs the step when all steps before it have settled, or have used up their time. */
  inOrder(step: Step): void
  /**
   * Runs the step together with the `beside` steps directly before it, started in order. For steps that free something
   * (an abort, a release), which may overtake each other unseen.
   */
  beside(step: Step): void
}

/** @param limitMs how long later steps wait for one step: the store may not answer for one name, and for others it does. */
export function createSteps(engine: Engine, limitMs: number): Steps {
  const { clock, waitTimers } = engine
  let before: Promise<unknown> = Promise.resolve()
  let beside: Promise<unknown>[] = []

  const runBounded = (step: Step): Promise<void> =>
    waitAtMost(
      waitTimers,
      clock.now() + limitMs,
      step().catch(() => {}),
    )

  return {
    inOrder: (step) => {
      before = Promise.all([before, ...beside]).then(() => runBounded(step))
      beside = []
      runInBackground(engine, before)
    },
    beside: (step) => {
      const running = before.then(() => runBounded(step))
      beside.push(running)
      runInBackground(engine, running)
    },
  }
}
