import { inBackground } from '../background.js'
import type { Engine } from '../engine.js'
import { waitAtMost } from '../pause.js'

/** Steps that take effect one after the other, in the order in which they were asked for. */
export interface Order {
  /** Runs the step when all before it have settled, or were waited for long enough. One that fails holds up nobody. */
  next(step: () => Promise<unknown>): void
  /** The same, beside those of its kind that stand directly before it: nothing between them could tell their order. */
  together(step: () => Promise<unknown>): void
}

/** @param limitMs how long the others wait for one step: a store that does not answer for one name has others. */
export function createOrder(engine: Engine, limitMs: number): Order {
  const { clock, waits } = engine
  let before: Promise<unknown> = Promise.resolve()
  let beside: Promise<unknown>[] = []

  const bounded = (step: () => Promise<unknown>): Promise<void> =>
    waitAtMost(
      waits,
      clock.now() + limitMs,
      step().catch(() => {}),
    )

  return {
    next: (step) => {
      before = Promise.all([before, ...beside]).then(() => bounded(step))
      beside = []
      inBackground(engine, before)
    },
    together: (step) => {
      const running = before.then(() => bounded(step))
      beside.push(running)
      inBackground(engine, running)
    },
  }
}
