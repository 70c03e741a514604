import { ask } from './ask.js'
import type { Ask, WebLocksCase, World } from './case.js'

/** How long to wait for what may never come. */
export interface Patience {
  /** Lets something happen. */
  pause(): Promise<void>
  /** Whether it has been long enough. */
  isSpent(): boolean
}

const { setImmediate, setTimeout } = globalThis
const STEP_MS = 5

/** For stores with a network, or timers, before them. */
export function patientFor(ms: number): Patience {
  const endsAt = performance.now() + ms
  return {
    pause: () => new Promise((resolve) => setTimeout(resolve, STEP_MS)),
    isSpent: () => performance.now() >= endsAt,
  }
}

/** For what lives in this process and sets no timers: after so many turns of the event loop nothing more will come. */
export function patientForTurns(turns: number): Patience {
  let left = turns
  return { pause: () => new Promise((resolve) => setImmediate(resolve)), isSpent: () => --left <= 0 }
}

/** Runs one case in a world of its own, whose clients `open` makes. Rejects when the promise is broken or hangs. */
export async function runCase(
  one: WebLocksCase,
  open: () => Promise<LockManager>,
  patience: () => Patience,
): Promise<void> {
  const asks: Ask[] = []
  let names = 0
  const world: World = {
    client: open,
    uniqueName: () => `name ${++names}`,
    until: (check, what) => until(check, what, patience()),
    ask: (...args) => {
      const asked = ask(...args)
      asks.push(asked)
      return asked
    },
  }
  let isOver = false
  const run = one.run(world).finally(() => (isOver = true))
  try {
    await Promise.race([run, until(() => isOver, `${one.id} hangs`, patience())])
    await run
  } finally {
    for (const each of asks) each.release()
  }
}

async function until(check: () => boolean | Promise<boolean>, what: string, patience: Patience): Promise<void> {
  while (!(await check())) {
    if (patience.isSpent()) throw new Error(`not within the time given: ${what}`)
    await patience.pause()
  }
}
