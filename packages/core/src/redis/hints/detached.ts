/**
 * Runs work outside of the caller's async context: a connection that several callers share must not hand the context of
 * the first of them to what it calls later.
 *
 * An `await` resumes in the context in which it began, and this loop began when the module was loaded. It serves every
 * client of the process, so that what one work throws is dropped: a work that may fail says so by itself.
 */
export function detached(work: () => void): void {
  pending.push(work)
  wake()
}

const pending: (() => void)[] = []
let wake: () => void = () => {}

async function runPending(): Promise<never> {
  for (;;) {
    await new Promise<void>((resolve) => (wake = resolve))
    for (const work of pending.splice(0)) {
      try {
        work()
      } catch {}
    }
  }
}

void runPending()
