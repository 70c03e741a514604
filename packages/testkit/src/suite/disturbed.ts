import type { LockBackend } from '@holdfast/core'

/** Faults for the calls of a handle. */
export type Disturbance = 'loseReply' | 'cut' | 'duplicate' | 'delay'

/** The faults by which a target disturbs calls, for the cases about unknown outcomes. */
export interface StoreFaults {
  /** The faults that the target can cause. */
  readonly can: readonly Disturbance[]
  /** Opens a further handle on the same store, over a connection of its own. */
  open(): Promise<Disturbed>
}

/** A handle whose next call can be disturbed. Each method is there if the target says that it can cause its fault. */
export interface Disturbed {
  readonly backend: LockBackend
  /** The store executes the next call; its answer never arrives, and the connection ends. */
  loseReply?(): Struck
  /** The next call never reaches the store, and the connection ends. */
  cut?(): Struck
  /** The next call reaches the store, and once more at `deliver`. */
  duplicate?(): Struck & { deliver(): Promise<unknown> }
  /** The answer to the next call takes so many milliseconds. */
  delay?(ms: number): Struck
  close(): Promise<unknown> | void
}

/** A fault that waits for its call. */
export interface Struck {
  /** How often the fault has struck. */
  readonly fired: number
}

/** The error of a target whose fault was not where it was said to be: the case says nothing about the backend. */
export class TargetMistake extends Error {
  override readonly name: string = 'TargetMistake'
}
