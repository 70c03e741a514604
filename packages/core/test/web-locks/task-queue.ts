/** A queue of steps, each of which runs in its own turn of the event loop. */
export interface TaskQueue {
  enqueue(step: () => void): void
}

// Taken when the module loads, so that timers faked by a test do not stop the queue.
const { setImmediate } = globalThis

/** A parallel queue or an event loop of the specification: no step runs before the caller of `enqueue` has ended. */
export function taskQueue(): TaskQueue {
  const steps: (() => void)[] = []
  const runOne = (): void => {
    const step = steps.shift()
    if (steps.length > 0) setImmediate(runOne)
    step?.()
  }
  return {
    enqueue: (step) => {
      steps.push(step)
      if (steps.length === 1) setImmediate(runOne)
    },
  }
}

/** A promise and its two ends. */
export interface Deferred<T = unknown> {
  readonly promise: Promise<T>
  resolve(value: T | PromiseLike<T>): void
  reject(error: unknown): void
}

export function deferred<T = unknown>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve']
  let reject!: Deferred<T>['reject']
  const promise = new Promise<T>((...ends) => ([resolve, reject] = ends))
  return { promise, resolve, reject }
}
