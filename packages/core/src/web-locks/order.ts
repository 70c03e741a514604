/** Steps that take effect one after the other, in the order in which they were asked for. */
export interface Order {
  /** Runs the step when all before it have settled. A step that fails holds up nobody. */
  next(step: () => Promise<unknown> | undefined): void
}

export function createOrder(): Order {
  let last: Promise<unknown> = Promise.resolve()
  return {
    next: (step) => {
      last = last.then(step).catch(() => {})
    },
  }
}
