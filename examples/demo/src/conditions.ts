/** Waits for conditions, which are checked whenever something has changed. */
export interface Conditions {
  /** Resolves when `test` holds; rejects when it does not within the limit, with `what` in the message. */
  until(test: () => boolean, what: string): Promise<void>
  /** Checks all conditions again. */
  changed(): void
  /** Rejects every wait, now and later, with this error. */
  fail(error: Error): void
}

export function createConditions(limitMs: number): Conditions {
  const checks = new Set<() => void>()
  let failure: Error | undefined

  const changed = (): void => {
    for (const check of checks) check()
  }
  return {
    changed,
    fail: (error) => {
      failure ??= error
      changed()
    },
    until: (test, what) =>
      new Promise((resolve, reject) => {
        const settle = (how: () => void): void => {
          checks.delete(check)
          clearTimeout(timer)
          how()
        }
        const check = (): void => {
          const error = failure
          if (error !== undefined) return settle(() => reject(error))
          if (test()) settle(resolve)
        }
        const late = new Error(`waited ${limitMs / 1000} s in vain for this: ${what}`)
        const timer = setTimeout(() => settle(() => reject(late)), limitMs)
        checks.add(check)
        check()
      }),
  }
}
