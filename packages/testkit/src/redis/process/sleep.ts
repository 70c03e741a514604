// Taken when the module loads, so that timers faked later by a test do not stop the tools of that test.
const { setTimeout, clearTimeout } = globalThis

/** Resolves after `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}

/** The result of `promise`, or a rejection with `message` after `ms` milliseconds. */
export async function within<T>(ms: number, promise: Promise<T>, message: string): Promise<T> {
  const { promise: late, cancel } = alarm(ms, message)
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}

function alarm(ms: number, message: string): { readonly promise: Promise<never>; readonly cancel: () => void } {
  let cancel = (): void => {}
  const promise = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(message)), ms)
    cancel = () => clearTimeout(timer)
  })
  return { promise, cancel }
}
