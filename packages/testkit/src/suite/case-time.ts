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

/** The time of a case. */
export interface EndableTime extends WorldTime {
  /** Whether the case lets time pass now. */
  waits(): boolean
  end(): void
}

/** Time that ends with the case, so that a failed case does not go on in the background. */
export function endable(time: WorldTime): EndableTime {
  let ended = false
  let waiting = 0
  const check = (): void => {
    if (ended) throw new Error('the case is over')
  }
  return {
    now: time.now,
    pass: async (ms) => {
      check()
      waiting += 1
      await time.pass(ms).finally(() => (waiting -= 1))
      check()
    },
    waits: () => waiting > 0,
    end: () => {
      ended = true
    },
  }
}
