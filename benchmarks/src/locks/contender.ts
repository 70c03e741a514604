import type { Clients } from './clients.js'

/** A lock that is held. */
export interface Held {
  release(): Promise<unknown>
  readonly fence?: number | null
}

/** A lock library, opened over a client. */
export interface Locks {
  /** Waits while another holder has the name, as the library does it. */
  acquire(name: string): Promise<Held>
  /** Asks once; answers `null` when another holder has the name. */
  tryAcquire(name: string): Promise<Held | null>
  close?(): Promise<void>
}

export interface Terms {
  readonly ttlMs: number
  /** How long an acquisition may wait. */
  readonly waitMs: number
}

export type Kind = 'control' | 'ours' | 'peer' | 'reference'

/** A lock library, or a part of a lock, that is measured. */
export interface Contender {
  readonly id: string
  readonly label: string
  readonly kind: Kind
  readonly client: 'ioredis' | 'node-redis'
  /**
   * The commands that the contender sends. The server also counts the commands that scripts call, so that its total
   * says nothing about round trips.
   */
  readonly sends: readonly string[]
  /** The command, sent or called in a script, that runs once for each renewal of a contender that renews by itself. */
  readonly renewedBy?: string
  open(clients: Clients, terms: Terms): Locks
}
