import type { Clock } from '../clock.js'

/** How many items run in one turn of the event loop: 100,000 in one would block it. */
const AT_ONCE = 1_000

/** Does something for each item: for the first ones at once, for the rest in later turns of the event loop. */
export async function inSlices<T>(clock: Clock, items: Iterable<T>, each: (item: T) => void): Promise<void> {
  let done = 0
  for (const item of [...items]) {
    if (done > 0 && done % AT_ONCE === 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, 0))
    each(item)
    done++
  }
}
