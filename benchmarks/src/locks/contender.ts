import type { Clients } from './clients.js'

/** A lock that is held. */
export interface Held {
  release(): Promise<unknown>
  readonly fence?: number | null
}

/** A lock library, opened over a client. */
export interface Locks {
  /** Waits while somebody else holds the name, in the manner of the library. */
  acquire(name: string): Promise<Held>
  /** Asks once; `null` when somebody else holds it. */
  tryAcquire(name: string): Promise<Held | null>
  close?(): Promise<void>
}

export interface Terms {
  readonly ttlMs: number
  /** How long an acquisition may wait. */
  readonly waitMs: number
}

export type Kind = 'control' | 'ours' | 'peer' | 'reference'

/** Something that is measured. */
export interface Contender {
  readonly id: string
  readonly label: string
  readonly kind: Kind
  readonly client: 'ioredis' | 'node-redis'
  /**
   * The commands that it sends. The server counts what scripts call as well, so that its total says nothing about
   * round trips.
   */
  readonly sends: readonly string[]
  /** The command, sent or called in a script, that runs once for each renewal, if it renews by itself. */
  readonly renewedBy?: string
  open(clients: Clients, terms: Terms): Locks
}
