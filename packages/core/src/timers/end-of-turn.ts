interface Process {
  readonly versions?: { readonly node?: string }
  nextTick?(work: () => void): void
}

/** How many turns of the microtask queue to let pass where nothing shows that it is empty. */
const TURNS = 8

// Asked for at run time, for core imports no built-in; and once, before a test can replace it. One that was fake already
// would never run again after the test: it is asked for each time. (See `clock.ts`.)
const { process } = globalThis as { process?: Process }
const nextTick = process?.versions?.node === undefined ? undefined : process.nextTick
const isFake = nextTick !== undefined && 'clock' in nextTick

function afterTurns(work: () => void, turns = TURNS): void {
  void Promise.resolve().then(() => (turns > 1 ? afterTurns(work, turns - 1) : work()))
}

/**
 * Runs work when everything else has run that can run now: at the end of this turn of the event loop, before anything
 * that arrives from outside. Where the platform shows no end, after some turns of the microtask queue.
 */
export const atEndOfTurn: (work: () => void) => void =
  nextTick === undefined
    ? (work) => afterTurns(work)
    : (work) => (isFake ? process?.nextTick : nextTick)?.call(process, work)
