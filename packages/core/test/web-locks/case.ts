/** A promise of the specification, and a way to find out whether a `LockManager` keeps it. */
export interface WebLocksCase {
  /** The id, unique and stable: `group/promise`. */
  readonly id: string
  /** The title, worded as a promise: "a name that is free is granted at once". */
  readonly title: string
  /** Whether the case needs a store that notifies waiters in their order, even those that were let in together. */
  readonly needsOrder?: boolean
  /** Throws when the promise is broken. */
  run(world: World): Promise<void>
}

/** The world of a case: an origin of its own, and as many clients as the case wants. */
export interface World {
  /** A new client: the manager of a new locker on the same store. All clients of one world contend. */
  client(): Promise<LockManager>
  /** A name that was not used in this world. */
  uniqueName(): string
  /** Waits until the check holds. Throws with `what` if the check does not hold within a generous bound. */
  until(check: () => boolean | Promise<boolean>, what: string): Promise<void>
  /** Asks for a lock, and holds it until `release` is called, or until the case has ended. */
  ask(manager: LockManager, name: string, options?: LockOptions): Ask
}

/** The end of a promise. */
export type Ending = { readonly value: unknown } | { readonly error: unknown }

/** A request whose callback returns a promise that the case settles. */
export interface Ask {
  /** The lock that the callback was called with. Rejects if the request ended without a call. */
  readonly granted: Promise<Lock | null>
  /** The end of the request. Never rejects. */
  readonly ended: Promise<Ending>
  /** The lock of each call of the callback. More than one call is a mistake. */
  readonly calls: readonly (Lock | null)[]
  /** Lets the callback succeed: now, or when it is called. */
  release(value?: unknown): void
  /** Lets the callback fail. */
  fail(error: unknown): void
}
