/** One promise of the specification, and how to find out whether a `LockManager` keeps it. */
export interface WebLocksCase {
  /** Unique and stable: `group/promise`. */
  readonly id: string
  /** Reads as a promise: "a name that is free is granted at once". */
  readonly title: string
  /** Needs a store that notifies waiters, which were let in together, in their order. */
  readonly needsOrder?: boolean
  /** Throws when the promise is broken. */
  run(world: World): Promise<void>
}

/** What a case sees: an origin that nobody else uses, and as many clients of it as it wants. */
export interface World {
  /** A new client: the manager of a new locker on the same store. All clients of one world contend. */
  client(): Promise<LockManager>
  /** A name that nobody has used in this world. */
  uniqueName(): string
  /** Waits until the check holds. Throws `what` when it does not within a generous bound. */
  until(check: () => boolean | Promise<boolean>, what: string): Promise<void>
  /** Asks for a lock, and holds it until `release` is called; at the latest until the case has ended. */
  ask(manager: LockManager, name: string, options?: LockOptions): Ask
}

/** How a promise ended. */
export type Ending = { readonly value: unknown } | { readonly error: unknown }

/** A request whose callback returns a promise that the case settles. */
export interface Ask {
  /** What the callback was called with. Rejects when the request ended without a call. */
  readonly granted: Promise<Lock | null>
  /** How the request ended. Never rejects. */
  readonly ended: Promise<Ending>
  /** What the callback was called with, each time. More than once is a mistake. */
  readonly calls: readonly (Lock | null)[]
  /** Lets the callback succeed, now or once it is called. */
  release(value?: unknown): void
  /** Lets the callback fail. */
  fail(error: unknown): void
}
