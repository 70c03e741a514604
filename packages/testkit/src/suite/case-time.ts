import type { ConformanceTarget } from './target.js'
import type { WorldTime } from './world.js'

const { setTimeout, performance } = globalThis

/** The clock of the cases: the target's, or else the machine's. */
export function timeOf({ clock }: ConformanceTarget): WorldTime {
  if (clock !== undefined) return { now: () => clock.now(), pass: (ms) => clock.advance(ms) }
  return {
    now: () => performance.now(),
    pass: async (ms) => {
      const end = performance.now() + ms
      // A timer may fire a fraction of a millisecond early.
      for (let left = ms; left > 0; left = end - performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, left))
      }
    },
  }
}

/** Time that ends with the case, so that a failed case does not go on in the background. */
export function endable(time: WorldTime): WorldTime & { end(): void } {
  let ended = false
  const check = (): void => {
    if (ended) throw new Error('the case is over')
  }
  return {
    now: time.now,
    pass: async (ms) => {
      check()
      await time.pass(ms)
      check()
    },
    end: () => {
      ended = true
    },
  }
}
