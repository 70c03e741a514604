import type { ClientName } from './clients.js'
import type { Inside, Turn } from './evidence.js'

/** What a worker process needs to know. */
export interface Job {
  readonly worker: number
  readonly client: ClientName
  /** Where the client finds the store. */
  readonly storeUrl: string
  readonly accountUrl: string
  readonly lockName: string
  readonly ttlMs: number
}

/** What the director tells a worker process. */
export type Order =
  | { readonly type: 'start'; readonly job: Job }
  /** In the next section, stay between the read and the writes until `proceed`. */
  | { readonly type: 'dwell' }
  | { readonly type: 'proceed' }
  /** Finish the turn and end. */
  | { readonly type: 'finish' }

/** What a worker process tells the director. */
export type News =
  | { readonly type: 'dwelling'; readonly inside: Inside }
  | { readonly type: 'turn'; readonly turn: Turn }
  | { readonly type: 'failed'; readonly reason: string }
