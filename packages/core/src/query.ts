import { checkInspection } from './store/answers.js'
import { askOnce, type Asking, listAll } from './store/ask.js'
import type { Inspection, LockMode } from './backend.js'
import { quoteName } from './errors/messages.js'
import { labelOf } from './owner-token.js'

/** The answer of {@link Locker.inspect}. */
export interface LockInfo {
  readonly name: string
  readonly mode: LockMode
  readonly holders: readonly LockHolder[]
  /** How many claims wait in line at the store, or `null` where the backend keeps none. */
  readonly waiting: number | null
}

/** A holder of a name, as the store sees it. */
export interface LockHolder {
  /** The label of the locker that holds it, from whichever process; `null` for a foreign value. */
  readonly label: string | null
  /** Milliseconds until expiry on the store's clock, or `null` when it never expires. */
  readonly remainingMs: number | null
  /**
   * `null` for a foreign value, and where the backend has no fences. A lease that was handed over within its process has
   * a greater fence than the store knows of.
   */
  readonly fence: number | null
}

/** The answer of {@link Locker.query}. */
export interface LockSnapshot {
  /** The leases, of every process. */
  readonly held: readonly HeldLock[]
  /** The waiters in line at the store: of all waiters for a name in one process, mostly the first. */
  readonly pending: readonly PendingLock[]
}

/** A holder, and the name that it holds. */
export interface HeldLock extends LockHolder {
  readonly name: string
  readonly mode: LockMode
}

/** A waiter in the line for a name. */
export interface PendingLock {
  readonly name: string
  readonly mode: LockMode
  /** The label of the locker that waits; `null` for a foreign value. */
  readonly label: string | null
  /** How many stand before it in the line for the name: 0 for the next one. */
  readonly place: number
}

export async function inspect(engine: Asking, name: string, timeoutMs: number): Promise<LockInfo | null> {
  const found = await askOnce(
    engine,
    `the inspection of ${quoteName(name)} failed`,
    timeoutMs,
    (call) => engine.backend.inspect(name, call),
    checkInspection,
  )
  if (found === null) return null
  return { name, mode: found.mode, holders: found.holders.map(holderOf), waiting: found.waiting }
}

export async function query(engine: Asking, timeoutMs: number): Promise<LockSnapshot> {
  const held: HeldLock[] = []
  const pending: PendingLock[] = []
  for await (const { name, mode, holders, line = [] } of listAll(engine, timeoutMs)) {
    for (const holder of holders) held.push({ name, mode, ...holderOf(holder) })
    for (const [place, waiter] of line.entries()) {
      pending.push({ name, mode: waiter.mode, label: labelOf(waiter.owner), place })
    }
  }
  return { held, pending }
}

const holderOf = ({ owner, remainingMs, fence }: Inspection['holders'][number]): LockHolder => ({
  label: labelOf(owner),
  remainingMs,
  fence,
})
