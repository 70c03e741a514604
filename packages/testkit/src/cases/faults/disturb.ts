import { isBackendError } from '@holdfast/core'
import { type Disturbance, type Disturbed, type Struck, TargetMistake } from '../../suite/disturbed.js'
import type { World } from '../../suite/world.js'

const { setTimeout, clearTimeout } = globalThis
/** A call that has not settled after this time counts as unknown, like a call that throws. */
const HANGS_MS = 8_000

/** The outcome of a call, as its caller saw it. */
export type CallOutcome<T> =
  { readonly is: 'answer'; readonly answer: T } | { readonly is: 'unknown' } | { readonly is: 'not-executed' }

/** Waits for a call: its answer, or, by its error, whether it may have been executed. */
export async function outcomeOf<T>(call: Promise<T>): Promise<CallOutcome<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const hangs = new Promise<CallOutcome<T>>(
    (resolve) => (timer = setTimeout(() => resolve({ is: 'unknown' }), HANGS_MS)),
  )
  const settled = call.then(
    (answer): CallOutcome<T> => ({ is: 'answer', answer }),
    (error: unknown): CallOutcome<T> => ({
      is: isBackendError(error) && error.executed === 'no' ? 'not-executed' : 'unknown',
    }),
  )
  return Promise.race([settled, hangs]).finally(() => clearTimeout(timer))
}

/**
 * Opens a handle that can be disturbed, makes its first calls, which may prepare it, then calls `run` and closes it.
 */
export async function disturbed(world: World, run: (handle: Disturbed) => Promise<void>): Promise<void> {
  const handle = await world.faults.open()
  try {
    const { backend } = handle
    const first = world.claim({ name: world.named('/first') })
    await backend.acquire(first)
    await backend.extend([first])
    await backend.release({ name: first.name, owner: first.owner })
    await run(handle)
  } finally {
    await handle.close()
  }
}

/** A fault that has not struck is a mistake of the target, and says nothing about its backend. */
export function mustHaveStruck(fault: Struck | undefined, kind: Disturbance, call: string): void {
  if (fault === undefined) throw new TargetMistake(`the target has no ${kind}(), although its \`can\` says so`)
  if (fault.fired > 0) return
  const means = 'it matches none of the commands that the backend sends for this call, or the backend sent none'
  throw new TargetMistake(`${kind}() of the target did not strike the ${call} after it: ${means}`)
}
