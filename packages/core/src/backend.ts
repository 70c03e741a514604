/**
 * The seam between the lock logic and a store.
 *
 * A backend makes exactly one atomic attempt per call and answers with what the store said. It does
 * not retry, sleep, renew or measure time: the locker does that. Arguments are validated
 * before they cross this seam, so a backend trusts them.
 *
 * **A value is certain, a throw is unknown.** Contention, a lost lease and "not yours" are returned.
 * A throw means that the store may or may not have done what was asked, unless it is a
 * `BackendError` with `executed: 'no'`.
 *
 * `@holdfast/testkit` holds the suite that a backend must pass.
 */
export interface LockBackend {
  /** The version of this contract that the backend implements. */
  readonly specVersion: 1
  /** Names the backend in errors, events and reports: `'memory'`, `'ioredis'`. Never holds a secret. */
  readonly name: string
  /** The capabilities of this backend. Plain frozen data that never changes. */
  readonly capabilities: Capabilities

  /**
   * Tries once to take `claim.name` for `claim.owner`.
   *
   * Idempotent per owner: an owner that already holds the name is answered `acquired` with the same fence, and its lease
   * is refreshed to `claim.ttlMs`, never shortened, unless this confirms a grant that the store made to the head of the
   * line: that then ends with `claim.ttlMs`. An exclusive holder that claims the name as shared goes on to hold it
   * exclusively, and the line does not move: only {@link extend} changes the mode. A shared holder that claims the name
   * exclusively is refused, without a place in line. A lease that has expired on the store's clock is absent. Other
   * leases, and foreign values, stay untouched. A waiter claims again with the same mode and limit, or else what becomes
   * of its place is up to the backend.
   */
  acquire(claim: Claim, call?: CallOptions): Promise<AcquireOutcome>

  /**
   * Extends each claim to `claim.ttlMs` from now, if its owner still holds it.
   *
   * Answers one outcome per claim, in the order of `claims`. Never creates a lease that is missing, never revives a lease
   * that has expired. A throw means that all outcomes are unknown.
   *
   * An exclusive claim with `fences` never shortens the lease. The locker sends it to hand the lease over in its process;
   * executed once more, it would cut the lease of the next holder, who may have extended it meanwhile.
   *
   * A shared claim of an owner that holds the name exclusively makes a reader of the writer, in one step: it shares the
   * name from then on, with the same fence, and the shared claims at the head of the line are granted it. An exclusive
   * claim that arrives after that, such as one sent before, changes no mode; it is answered `extended` or `lost`.
   */
  extend(claims: readonly Claim[], call?: CallOptions): Promise<readonly ExtendOutcome[]>

  /**
   * Gives the name up. Answers `'released'` if the owner held it, else `'not-held'`, also to a waiter, which leaves the
   * line. Touches nothing of another owner.
   */
  release(ownership: Ownership, call?: CallOptions): Promise<ReleaseOutcome>

  /** Answers the holders of the name, or `null` when it is free. Changes nothing. */
  inspect(name: string, call?: CallOptions): Promise<Inspection | null>

  /**
   * Frees the name, whichever owner holds it, and lets the line move on. Answers whether it was held, and sends a hint to
   * its holders, if the backend can. The same act as `forceRelease` of a locker and `release` of the command line.
   */
  evict(name: string, call?: CallOptions): Promise<boolean>

  /**
   * Lists everything held or waited for in the whole store, each name at most once, with its line. A lease that begins or
   * ends meanwhile may or may not be shown. Each piece is waited for as long as any call, from the last time that
   * `call.progress` was called. Changes nothing. Present if and only if `capabilities.list`.
   */
  list?(call?: CallOptions): AsyncIterable<Inspection>

  /**
   * Calls `onTurn` when it may be the turn of an owner that waits in line, or when the name may have been taken by
   * force from an owner that held it. Only a hint: it may fire spuriously, late or never. Present if and only if
   * `capabilities.watch`.
   *
   * @param onStanding called with `false` when notifications no longer arrive, because a connection is gone, and with
   * `true` when they arrive again. The watch stands when the promise resolves. Optional for both sides: a backend that
   * never calls it is believed to stand until it is ended.
   */
  watch?(onTurn: (turn: Turn) => void, onStanding?: (standing: boolean) => void): Promise<Unwatch>
}

/** The capabilities of a backend. Each flag says how the locker works when it is `false`. */
export interface Capabilities {
  /**
   * Where the locks are visible: in this process only, or in every process that uses the same store.
   * When `'process'`, the locker works the same, and `requires: { scope: 'shared' }` refuses the backend.
   */
  readonly scope: 'process' | 'shared'
  /** Grants carry a strictly increasing fence. When false, every fence is `null`. */
  readonly fencing: boolean
  /** `mode: 'shared'` is understood. When false, the locker refuses shared claims with `LOCK_UNSUPPORTED`. */
  readonly shared: boolean
  /** Refused claims can keep a place in line. When false, waiters poll and nobody's turn is kept. */
  readonly line: boolean
  /** `watch` is there. When false, waiters poll. */
  readonly watch: boolean
  /** `list` is there. When false, the locker refuses `query` with `LOCK_UNSUPPORTED`. */
  readonly list: boolean
}

/** Whether a lease excludes everyone (`'exclusive'`) or admits other shared leases beside it. */
export type LockMode = 'exclusive' | 'shared'

/** The claim of an owner on a name. */
export interface Claim {
  /** The resource: non-empty, well-formed Unicode, at most 1024 UTF-8 bytes. */
  readonly name: string
  /** The secret token of this acquisition, minted by the locker. Never to be logged. */
  readonly owner: string
  /** How long the lease lasts without renewal, in milliseconds: a safe integer from 10 to 2^31 − 1. */
  readonly ttlMs: number
  readonly mode: LockMode
  /** How many shared leases may hold the name when this one is admitted, or `Infinity`. 1 for an exclusive claim. */
  readonly limit: number
  /** When the claim is refused, keep a place in line for this many milliseconds: an integer from 1 to 2^31 − 1. */
  readonly lineMs?: number
  /**
   * Reserve this many consecutive fences, from 1 to 2^20 + 1, and answer with the first. Absent: one on acquire, none on
   * extend. On extend for exclusive claims only, which then shorten nothing: with a shared one it means nothing, and the
   * fence is `null`. A repeated claim is answered the first fence of its grant and need not reserve more, also when it
   * asks for more than the claim that was granted: an owner that needs more extends.
   */
  readonly fences?: number
  /**
   * Take the name from its holders, with a hint to them, if the backend can. Waiters in line keep their places; the
   * shared claims at the head of the line may be granted the name beside a shared claim that steals, in the same step.
   * For an owner that holds the name already, a claim like any other.
   */
  readonly steal?: boolean
}

/** An owner and the name that it holds, or waits for. */
export interface Ownership {
  readonly name: string
  readonly owner: string
  /** Keep the name held by its owner for this many milliseconds more: an integer from 1 to 2^31 − 1. */
  readonly keepMs?: number
}

/** The certain answer to {@link LockBackend.acquire}. */
export type AcquireOutcome = Granted | Refused

/** The owner holds the name. */
export interface Granted {
  readonly acquired: true
  /** How long the lease lasts, in milliseconds from the moment the call began. */
  readonly validMs: number
  /** The fencing token, or `null` without `capabilities.fencing`. */
  readonly fence: number | null
}

/** The owner does not hold the name, for certain. */
export interface Refused {
  readonly acquired: false
  /** When it may be worth asking again, in milliseconds: the rest of the present lease. `null` when unknown. */
  readonly retryAfterMs: number | null
  /** How many claims stand in line before this one: 0 for the head, `null` without a place in line. */
  readonly ahead: number | null
}

/** The answer to one claim of {@link LockBackend.extend}. */
export type ExtendOutcome =
  /** `validMs` counts from the beginning of the call; `fence` is the first of those reserved, else `null`. */
  | { readonly status: 'extended'; readonly validMs: number; readonly fence: number | null }
  | { readonly status: 'lost' }
  /** The store may or may not have extended it. `cause`: the error. */
  | { readonly status: 'unknown'; readonly cause: unknown }

/** The certain answer to {@link LockBackend.release}. */
export type ReleaseOutcome = 'released' | 'not-held'

/** The state of a name at the store. */
export interface Inspection {
  readonly name: string
  /** How the name is held; `'exclusive'` when nobody holds it. */
  readonly mode: LockMode
  /** Empty only in a list, where a lease has ended and nobody has come yet to move the line on. */
  readonly holders: readonly Holder[]
  /** How many claims wait in line, or `null` without `capabilities.line`. */
  readonly waiting: number | null
  /** The living claims in line, by their places. Given by `list`, if there is a line; `inspect` need not. */
  readonly line?: readonly Waiter[]
}

/** A place in a line. */
export interface Waiter {
  /** As of a {@link Holder}. */
  readonly owner: string
  readonly mode: LockMode
}

/** An owner that holds a name, as the store sees it. */
export interface Holder {
  /** `<label>~<random>` for a lease of ours; anything else is a foreign value. */
  readonly owner: string
  /** Milliseconds until expiry on the store's clock, or `null` when it never expires. */
  readonly remainingMs: number | null
  /** `null` for a foreign value, and without `capabilities.fencing`. */
  readonly fence: number | null
}

/**
 * A notification of the store: a hint to ask, since it may arrive late, twice or never.
 *
 * - `'turn'`: an owner that waits in line for the name may now be granted it.
 * - `'taken'`: the name may have been taken by force from an owner that held it, by a claim that steals or by `evict`.
 */
export type Turn = TurnGranted | NameTaken

/** An owner that waits in line may now be granted the name. */
export interface TurnGranted {
  readonly type: 'turn'
  readonly name: string
  /** The owner that waits. */
  readonly owner: string
  /**
   * When present, this is more than a hint: the store has granted the name to the owner, until its place in line
   * would have ended; a backend may end it at its ttl if that is sooner. Count on the sooner of both, from the beginning
   * of the last `acquire` call that was refused. Saves the owner from asking once more. Only for a backend whose
   * messages cannot be forged without read access to the store, and which never announces a grant that did not happen, nor
   * one from before the owner's last `acquire` call: read late, such a message would count for the call made since.
   */
  readonly granted?: { readonly fence: number | null }
}

/** A name may have been taken by force from its holder. */
export interface NameTaken {
  readonly type: 'taken'
  readonly name: string
  /** The owner that held the name; `null` for whichever owner holds it, or believes to: a store need not name it. */
  readonly owner: string | null
}

/** Ends a {@link LockBackend.watch}. */
export type Unwatch = () => Promise<void>

/** Options of every backend call. */
export interface CallOptions {
  /** Aborted when the locker no longer waits for the answer. A backend may use it to stop early; it need not. */
  readonly signal?: AbortSignal
  /**
   * Called by `list` whenever the store has answered, for one piece of the list may need many answers: the locker then
   * goes on waiting for it. A backend whose pieces come one answer each need not call it.
   */
  progress?(): void
}
