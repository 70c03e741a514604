import type { LockBackend } from '@holdfast/core'

/** Faults for the calls of a handle. */
export type Disturbance = 'loseReply' | 'cut' | 'duplicate' | 'delay'

/** How a target disturbs calls, for the cases about unknown outcomes. */
export interface StoreFaults {
  /** Which of them it can do. */
  readonly can: readonly Disturbance[]
  /** Opens a further handle on the same store, over a connection of its own. */
  open(): Promise<Disturbed>
}

/** A handle whose next call can be disturbed. Each of the methods is there if the target says that it can do it. */
export interface Disturbed {
  readonly backend: LockBackend
  /** The store executes the next call; its answer never arrives, and the connection ends. */
  loseReply?(): Struck
  /** The next call never reaches the store, and the connection ends. */
  cut?(): Struck
  /** The next call reaches the store, and once more when it is asked to. */
  duplicate?(): Struck & { deliver(): Promise<unknown> }
  /** The answer to the next call takes so many milliseconds. */
  delay?(ms: number): Struck
  close(): Promise<unknown> | void
}

/** A fault that waits for its call. */
export interface Struck {
  /** How often it has struck. */
  readonly fired: number
}
