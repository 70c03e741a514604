import { type CallFailure, unknownOutcome } from '../store/call.js'
import { FIRST_RETRY_MS, type Interruptible, Sleep } from '../timers/sleep.js'
import { BATCH, extendHolds, type ExtendResult, attemptBoundMs } from './extend.js'
import type { Hold, HoldHost } from './hold.js'

/** The longest pause between two tries. */
const MOST_RETRY_MS = 500

export interface ExtendUntilOptions {
  /** When to give up, on the monotonic clock. */
  readonly until: number
  /** To how long from now. */
  readonly ttlOf: (hold: Hold) => number
  /** Whether each extension is emitted to the observer. */
  readonly emits?: boolean
  /** Called once. Interrupting it ends the present wait early. {@link isWanted} is asked then. */
  onStarted?: ((waiting: Interruptible) => void) | undefined
  /** Asked before each try. Nothing more is sent once it answers false. */
  isWanted(): boolean
}

/**
 * Extends holds by one call after the other until the store has given a certain answer for each. Each try may use a
 * share of the time that is left, and the answer to an earlier one still counts.
 * @returns the failure with which it gave up; `undefined` when nothing is left to be extended, or wanted
 */
export async function extendUntil(
  host: HoldHost,
  holds: readonly Hold[],
  options: ExtendUntilOptions,
): Promise<CallFailure | undefined> {
  const { clock, waitTimers: timers } = host
  const { until, ttlOf, emits = false } = options
  const pending = new Set(holds)
  const waits = new Set<Interruptible>()
  const waiting: Interruptible = {
    interrupt: () => {
      for (const each of [...waits]) each.interrupt()
    },
  }
  options.onStarted?.(waiting)

  const settle = (batch: readonly Hold[], results: readonly ExtendResult[]): void => {
    for (const [i, hold] of batch.entries()) if (results[i]?.is !== 'failed') pending.delete(hold)
  }

  const sleepUntil = async (at: number, work?: Promise<unknown>): Promise<void> => {
    const sleep = new Sleep(timers, at)
    waits.add(sleep)
    await (work === undefined ? sleep.done : Promise.race([sleep.done, work]))
    sleep.interrupt()
    waits.delete(sleep)
  }

  const extendBatch = async (batch: readonly Hold[]): Promise<readonly CallFailure[]> => {
    const shareMs = Math.min(...batch.map((hold) => attemptBoundMs(hold, Math.min(hold.remainingMs(), ttlOf(hold)))))
    let call: Interruptible | undefined
    const results = await extendHolds(host, batch, {
      timers,
      until: Math.min(until, clock.now() + shareMs),
      ttlOf,
      emits,
      onCallStarted: (started) => waits.add((call = started)),
      onLateResults: (late) => {
        settle(batch, late)
        if (pending.size === 0) waiting.interrupt()
      },
    })
    if (call !== undefined) waits.delete(call)
    settle(batch, results)
    return results.flatMap((result) => (result.is === 'failed' ? result.failure : []))
  }

  for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(2 * delayMs, MOST_RETRY_MS)) {
    // A hold has one extension at a time: wait for the extension in flight, within the same bound.
    while (options.isWanted() && isExtending(pending) && clock.now() < until) {
      await sleepUntil(until, Promise.all([...pending].flatMap(({ extensionInFlight }) => extensionInFlight ?? [])))
    }
    if (pending.size === 0 || !options.isWanted()) return undefined
    if (isExtending(pending)) return stillInFlight()
    const failures = (await Promise.all(batchesOf([...pending]).map(extendBatch))).flat()
    const [failure] = failures
    if (failure === undefined || pending.size === 0 || !options.isWanted()) continue
    if (failures.some(({ retryable }) => !retryable)) return failure
    // Where no further try fits, the answer to an earlier one may still come, or the hold may end.
    await sleepUntil(Math.min(clock.now() + delayMs, until))
    if (clock.now() >= until && pending.size > 0 && options.isWanted()) return failure
  }
}

const isExtending = (holds: Iterable<Hold>): boolean =>
  [...holds].some(({ extensionInFlight }) => extensionInFlight !== undefined)

const stillInFlight = (): CallFailure =>
  unknownOutcome(new Error('an extension that is under way was not answered in time'))

function batchesOf(holds: readonly Hold[]): Hold[][] {
  const batches: Hold[][] = []
  for (let i = 0; i < holds.length; i += BATCH) batches.push(holds.slice(i, i + BATCH))
  return batches
}
