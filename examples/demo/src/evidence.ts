import type { ClientName } from './clients.js'
/** The facts of a run. Every time is in milliseconds on the host's monotonic clock (monotonic.ts). */
export interface Evidence {
  /** The store of the lock, in words. */
  readonly store: string
  readonly ttlMs: number
  readonly startedAt: number
  readonly endedAt: number
  readonly workers: readonly Worker[]
  /** The turns, as the workers report them. */
  readonly turns: readonly Turn[]
  /** The writes, as the account reports them. */
  readonly statement: Statement
  /** The rows of the ledger, in the order in which they were written, where the store has transactions. */
  readonly ledger?: readonly { readonly worker: number; readonly fence: number }[]
  /** The faults, in a run that has faults. */
  readonly faults?: { readonly kill: Kill; readonly pause: Pause }
}

export interface Worker {
  readonly id: number
  readonly client: ClientName | 'memory'
}

/** A turn of a worker: it asked for the lock, was granted it and did its section, or a part of it. */
export interface Turn {
  readonly worker: number
  readonly fence: number
  readonly askedAt: number
  /** The first moment at which the worker knew that it held the lock. */
  readonly grantedAt: number
  /** The end of the section, before the lock is given back. */
  readonly endedAt: number
  /** Whether another worker held the lock when this worker asked. */
  readonly contended: boolean
  /**
   * `'wrote'`: the account confirmed the increment. `'lost'`: the lease was lost first, so nothing was written.
   * `'refused'`: likewise, and the register refused the fence.
   */
  readonly outcome: 'wrote' | 'lost' | 'refused'
  /** The outcome of the transaction on the ledger. */
  readonly ledger?: 'committed' | 'refused'
  /** The newest fence of the register when it refused this one. */
  readonly newest?: number
  /** When `lease.signal` reported the loss. */
  readonly lostAt?: number
}

/** A worker that is in its section, between its read and its writes. */
export interface Inside {
  readonly fence: number
  readonly grantedAt: number
  /** The time until which the worker holds the lock at least, by the deadline that it knew. */
  readonly heldUntil: number
}

export interface Kill extends Inside {
  readonly worker: number
  /** When SIGKILL was sent. */
  readonly at: number
}

export interface Pause extends Inside {
  readonly worker: number
  readonly stoppedAt: number
  readonly resumedAt: number
}

/** The account's log, in the order in which the writes took effect there. */
export interface Statement {
  readonly counter: number
  readonly entries: readonly Entry[]
}

export type Entry =
  | { readonly kind: 'counter'; readonly worker: number; readonly fence: number; readonly value: number }
  | {
      readonly kind: 'register'
      readonly worker: number
      readonly fence: number
      readonly accepted: boolean
      /** The newest fence seen, this one included. */
      readonly newest: number
    }
