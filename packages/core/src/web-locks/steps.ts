import type { Engine } from '../engine/engine.js'
import { runInBackground } from '../timers/background.js'
import { waitAtMost } from '../timers/sleep.js'

/** A step takes effect when its promise settles. A rejection holds up no other step. */
export type Step = () => Promise<unknown>

/** The calls of one lock manager, each a step that takes effect at the store in the order of the calls. */
export interface Steps {
  /** Runs the step when all steps before it have settled, or have used up their time. */
  inOrder(step: Step): void
  /**
   * Starts the step without waiting for the steps of the same kind directly before it. They are sent in order, and
   * no call of this client between them could show in which order they were answered.
   */
  beside(kind: 'abort' | 'release', step: Step): void
}

/** @param limitMs how long later steps wait for one step: the store may not answer for one name, and for others it does. */
export function createSteps(engine: Engine, limitMs: number): Steps {
  const { clock, waitTimers } = engine
  let before: Promise<unknown> = Promise.resolve()
  let group: Promise<unknown>[] = []
  let kindOfGroup = ''

  const runBounded = (step: Step): Promise<void> =>
    waitAtMost(
      { timers: waitTimers, until: clock.now() + limitMs },
      step().catch(() => {}),
    )

  const endGroup = (): void => {
    before = Promise.all([before, ...group])
    group = []
  }

  return {
    inOrder: (step) => {
      endGroup()
      before = before.then(() => runBounded(step))
      runInBackground(engine, before)
    },
    beside: (kind, step) => {
      if (kind !== kindOfGroup) endGroup()
      kindOfGroup = kind
      const running = before.then(() => runBounded(step))
      group.push(running)
      runInBackground(engine, running)
    },
  }
}
