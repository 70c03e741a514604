/**
 * Runs work outside of the caller's async context: a connection that several callers share must not hand the context of
 * the first of them to what it calls later.
 *
 * An `await` resumes in the context in which it began, and this loop began when the module was loaded. It serves every
 * client of the process, so an exception of one work is dropped: each work handles its own errors.
 */
export function detached(work: () => void): void {
  pending.push(work)
  wake()
}

const pending: (() => void)[] = []
let wake: () => void = () => {}

async function runPending(): Promise<never> {
  for (;;) {
    while (pending.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    for (const work of pending.splice(0)) {
      try {
        work()
      } catch {}
    }
  }
}

void runPending()
