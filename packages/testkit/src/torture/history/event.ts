import type { Audit } from '../target.js'

/** Milliseconds on the monotonic clock of the host: one clock for all processes, which nobody can set. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** The part that all events have. */
interface Base {
  /** The time of the event, by {@link now}. */
  readonly t: number
  /** The process that wrote the event: `w2.1` is the first life of the second worker. */
  readonly p: string
}

/** The kind of a call. */
export type Verb =
  | 'acquire'
  | 'tryAcquire'
  | 'request'
  | 'ifAvailable'
  | 'within'
  | 'resume'
  | 'extend'
  | 'release'
  | 'ticket'
  | 'forceRelease'
  | 'inspect'
  | 'query'
  | 'guardedWrite'

/** The terms on which a hold is asked for. */
export interface Terms {
  readonly mode: 'exclusive' | 'shared'
  /** `null`: without limit. */
  readonly limit: number | null
  readonly ttlMs: number
  readonly renew: boolean
  /** `null`: without bound. */
  readonly maxHoldMs: number | null
  readonly steal: boolean
}

/** A call begins. */
export interface CallBegun extends Base {
  readonly type: 'call'
  readonly id: string
  readonly verb: Verb
  readonly names: readonly string[]
  /** How long the call may take by its options, in milliseconds. */
  readonly budgetMs: number
  /** The terms of a call that asks for a hold. */
  readonly terms?: Terms
  /** The lease of a call on a lease. */
  readonly lease?: string
}

/**
 * How a call ended. `'refused'`: certainly not acquired. `'unknown'`: `LOCK_INDETERMINATE`. `'failed'`: any other error,
 * whose code is beside it.
 */
export type Outcome =
  'granted' | 'refused' | 'aborted' | 'unknown' | 'lost' | 'failed' | 'done' | 'released' | 'expired'

/** A call has ended. */
export interface CallEnded extends Base {
  readonly type: 'end'
  readonly id: string
  readonly outcome: Outcome
  readonly code?: string
  /** The codes of the causes of an error, from the outer one to the inner one. */
  readonly causes?: readonly string[]
  /** The grant. */
  readonly grant?: Grant
}

/** The lease that a call was granted. */
export interface Grant {
  readonly lease: string
  /** Leases of one group are handles on one hold: within another lease, or resumed from its ticket. */
  readonly group: string
  /** The fence of each name. */
  readonly fences: Readonly<Record<string, number | null>>
  /** Whether the signal of the lease has been read. */
  readonly watched: boolean
}

/** A lease was asked whether it is held. `t`: a time before the question. */
export interface Sampled extends Base {
  readonly type: 'held'
  readonly lease: string
  readonly held: boolean
}

/** The signal of a lease aborted. */
export interface Signalled extends Base {
  readonly type: 'signalled'
  readonly lease: string
  readonly code: string
}

/** The resource that checks fences took or refused a write. */
export interface Written extends Base {
  readonly type: 'write'
  readonly lease: string
  readonly name: string
  readonly fence: number | null
  readonly accepted: boolean
}

/** A fault of the store or of the network, or its end. */
export interface FaultEvent extends Base {
  readonly type: 'fault'
  readonly id: string
  readonly kind: string
  readonly phase: 'begin' | 'end'
  /** Whether the store may forget locks by the fault. */
  readonly loses: boolean
  /** How often the fault struck, once it has ended. */
  readonly fired?: number
}

/** Acts of the orchestrator on a process, and its observations. */
export interface ProcessEvent extends Base {
  readonly type: 'process'
  /** The process that the event is about. */
  readonly of: string
  readonly what: 'start' | 'kill' | 'stop' | 'continue' | 'finish' | 'exit'
  /** The way and the last words of an exit that the run did not cause. */
  readonly note?: string
}

/** The process was late by itself, from `from` to `t`: its event loop was blocked, or the machine is busy. */
export interface Lagged extends Base {
  readonly type: 'lag'
  readonly from: number
}

/** A secret was found where none may be: in an error, an event, an output. The secret is not written. */
export interface Leaked extends Base {
  readonly type: 'leak'
  readonly where: string
}

/** The target has looked into the store, after the run. */
export interface Audited extends Base, Audit {
  readonly type: 'audit'
}

/** The process has ended all its calls. */
export interface Finished extends Base {
  readonly type: 'bye'
}

/** A line of a history. */
export type TortureEvent =
  | CallBegun
  | CallEnded
  | Sampled
  | Signalled
  | Written
  | FaultEvent
  | ProcessEvent
  | Lagged
  | Leaked
  | Audited
  | Finished

/** An event without its time and its writer. */
type Without<T> = T extends unknown ? Omit<T, 't' | 'p'> : never

/** An event before its writer adds the time and itself. */
export type EventBody = Without<TortureEvent>
