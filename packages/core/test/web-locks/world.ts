import { ownTime } from '../../../../test/support/pace.js'
import { ask } from './ask.js'
import type { Ask, WebLocksCase, World } from './case.js'
import type { Origin } from './spec-model.js'

/** An origin for one case. */
export interface OpenOrigin {
  /** A new client: the manager of a new locker on the same store. */
  client(): Promise<LockManager>
  close(): Promise<void>
}

/** The same origin each time, which needs no end. */
export const openModel = (origin: Origin) => async (): Promise<OpenOrigin> => ({
  client: async () => origin.client(),
  close: async () => {},
})

/** How long to wait for what may never come. */
export interface TimeLimit {
  /** Lets something happen. */
  pause(): Promise<void>
  /** Whether it has been long enough. */
  isSpent(): boolean
}

const { setImmediate, setTimeout } = globalThis
const STEP_MS = 5

/** For stores with a network, or timers, before them: so many milliseconds as the machine lets this process go on. */
export function limitOfMs(ms: number): TimeLimit {
  const endsAt = ownTime() + ms
  return {
    pause: () => new Promise((resolve) => setTimeout(resolve, STEP_MS)),
    isSpent: () => ownTime() >= endsAt,
  }
}

/** For what lives in this process and sets no timers: after so many turns of the event loop nothing more will come. */
export function limitOfTurns(turns: number): TimeLimit {
  let left = turns
  return { pause: () => new Promise((resolve) => setImmediate(resolve)), isSpent: () => --left <= 0 }
}

/** Runs one case in a world of its own. Rejects when the promise is broken, and when it hangs. */
export async function runCase(
  one: WebLocksCase,
  open: () => Promise<OpenOrigin>,
  newLimit: () => TimeLimit,
): Promise<void> {
  const origin = await open()
  const asks: Ask[] = []
  let names = 0
  const world: World = {
    client: () => origin.client(),
    uniqueName: () => `name ${++names}`,
    until: (check, what) => until(check, what, newLimit()),
    ask: (...args) => {
      const asked = ask(...args)
      asks.push(asked)
      return asked
    },
  }
  let isOver = false
  const run = one.run(world).finally(() => (isOver = true))
  try {
    await Promise.race([run, until(() => isOver, `${one.id} hangs`, newLimit())])
    await run
  } finally {
    for (const each of asks) each.release()
    await origin.close()
  }
}

async function until(check: () => boolean | Promise<boolean>, what: string, limit: TimeLimit): Promise<void> {
  while (!(await check())) {
    if (limit.isSpent()) throw new Error(`not within the time given: ${what}`)
    await limit.pause()
  }
}
