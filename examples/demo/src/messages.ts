import type { ClientName } from './clients.js'
import type { Inside, Turn } from './evidence.js'

/** The settings of a worker process. */
export interface Job {
  readonly worker: number
  readonly client: ClientName
  /** The address of the store, for the client. */
  readonly storeUrl: string
  readonly accountUrl: string
  readonly lockName: string
  readonly ttlMs: number
}

/** The orders of the director to a worker process. */
export type Order =
  | { readonly type: 'start'; readonly job: Job }
  /** In the next section, stay between the read and the writes until `proceed`. */
  | { readonly type: 'dwell' }
  | { readonly type: 'proceed' }
  /** Finish the turn and end. */
  | { readonly type: 'finish' }

/** The messages of a worker process to the director. */
export type News =
  | { readonly type: 'dwelling'; readonly inside: Inside }
  | { readonly type: 'turn'; readonly turn: Turn }
  | { readonly type: 'failed'; readonly reason: string }
