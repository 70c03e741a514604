import type { Terms } from '../history/event.js'

/** The settings of a worker process. */
export interface WorkerOrder {
  /** The module of the target. */
  readonly module: string
  readonly place: unknown
  readonly p: string
  readonly seed: number
  /** The folder of the history. */
  readonly folder: string
  /** How many calls go on at the same time. */
  readonly actors: number
  /** The beginning of each name. */
  readonly prefix: string
  /** Texts that no error and no output may hold. */
  readonly secrets: readonly string[]
}

/** A hold that goes on in another process. The ticket is a secret. */
export interface HandedOn {
  readonly type: 'ticket'
  readonly ticket: string
  readonly group: string
  readonly names: readonly string[]
  readonly terms: Terms
}

export type ToWorker =
  { readonly type: 'finish' } | { readonly type: 'written'; readonly id: number; readonly accepted: boolean } | HandedOn

/** A write to the resource that checks fences. */
export interface WriteAsked {
  readonly type: 'write'
  readonly id: number
  readonly lease: string
  readonly name: string
  readonly fence: number | null
}

export type FromWorker = { readonly type: 'ready' } | WriteAsked | HandedOn
