import type { Lease, Locker } from '@holdfast/core'
import type { Terms, Verb } from '../history/event.js'
import type { Recorder } from '../history/file.js'
import type { Connection } from '../target.js'
import type { Random } from '../../suite/random.js'
import type { HandedOn } from './messages.js'
import type { SecretWatch } from './secrets.js'

/** The tools of a scenario. */
export interface Tools {
  readonly locks: Partial<Locker>
  /** Whether an error that is no `LockError` is a fault. */
  readonly strict: boolean
  readonly history: Recorder
  readonly secrets: SecretWatch
  readonly random: Random
  /** The kinds of names: see the scenarios. */
  readonly kinds: readonly string[]
  readonly nameOf: (kind: string) => string
  readonly newId: () => string
  /** Asks the resource that checks fences. */
  readonly write: (lease: string, name: string, fence: number | null) => Promise<boolean>
  /** See {@link Connection.guardedWrite}. */
  readonly guardedWrite: Connection['guardedWrite']
  /** Codes of errors that no caller may see. */
  readonly never: RegExp | undefined
  readonly handOn: (hold: HandedOn) => void
  readonly isFinishing: () => boolean
}

/** A lease, and its data in the history. */
export interface Held {
  readonly id: string
  readonly group: string
  readonly lease: Lease
  readonly names: readonly string[]
  readonly terms: Terms
  readonly watched: boolean
  /** Resolves when the signal aborts. */
  readonly signalled: Promise<void>
}

/** The way in which a hold is asked for. */
export interface Asking {
  readonly verb: Verb
  readonly names: readonly string[]
  readonly terms: Terms
  readonly budgetMs: number
  /** The group of a further handle on an earlier hold. */
  readonly group?: string
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T
}
