/** Counts, and resolves the promises that wait for a count. */
export interface Counter {
  readonly value: () => number
  readonly increase: () => void
  /** Resolves at that count; rejects when the counter is closed below it. */
  readonly reached: (count: number) => Promise<void>
  readonly close: (reason: string) => void
}

interface Waiting {
  readonly count: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export function createCounter(): Counter {
  let value = 0
  let closed: string | undefined
  let waiting: readonly Waiting[] = []

  return {
    value: () => value,
    increase: () => {
      value += 1
      for (const each of waiting) if (each.count <= value) each.resolve()
      waiting = waiting.filter(({ count }) => count > value)
    },
    reached: (count) => {
      const promise = new Promise<void>((resolve, reject) => {
        if (count <= value) resolve()
        else if (closed) reject(new Error(closed))
        else waiting = [...waiting, { count, resolve, reject }]
      })
      // A caller may have dropped the promise: its rejection at the end of the test must not count as unhandled.
      promise.catch(() => {})
      return promise
    },
    close: (reason) => {
      closed ??= reason
      for (const each of waiting) each.reject(new Error(closed))
      waiting = []
    },
  }
}
