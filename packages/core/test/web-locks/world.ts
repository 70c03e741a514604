import { ownTime } from '../../../../test/support/pace.js'
import { ask } from './ask.js'
import type { Ask, WebLocksCase, World } from './case.js'
import type { Origin } from './spec-model.js'

/** An origin for a case. */
export interface OpenOrigin {
  /** A new client: the manager of a new locker on the same store. */
  client(): Promise<LockManager>
  close(): Promise<void>
}

/** Opens the given origin each time. Its `close` has nothing to do. */
export const openModel = (origin: Origin) => async (): Promise<OpenOrigin> => ({
  client: async () => origin.client(),
  close: async () => {},
})

/** The limit of a wait. */
export interface TimeLimit {
  /** Waits a little. */
  pause(): Promise<void>
  /** Whether the limit has passed. */
  isSpent(): boolean
}

const { setImmediate, setTimeout } = globalThis
const STEP_MS = 5

/** For stores with a network or timers: a limit in ms of the time that the machine gives to this process. */
export function limitOfMs(ms: number): TimeLimit {
  const endsAt = ownTime() + ms
  return {
    pause: () => new Promise((resolve) => setTimeout(resolve, STEP_MS)),
    isSpent: () => ownTime() >= endsAt,
  }
}

/** For a model in this process without timers: a limit in turns of the event loop, after which nothing more happens. */
export function limitOfTurns(turns: number): TimeLimit {
  let left = turns
  return { pause: () => new Promise((resolve) => setImmediate(resolve)), isSpent: () => --left <= 0 }
}

/** Runs a case in a world of its own. Rejects if the promise is broken, or if the case hangs. */
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
