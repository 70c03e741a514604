import { attempt, type Failure, isFailure } from './attempt.js'
import type { CallOptions, Inspection, LockMode } from './backend.js'
import { type Engine, throwIfClosed } from './engine.js'
import { LockError } from './errors.js'
import { quote } from './quote.js'
import { reasonOf } from './redact.js'
import { labelOf } from './token.js'

/** What {@link Locker.inspect} tells. */
export interface LockInfo {
  readonly name: string
  readonly mode: LockMode
  readonly holders: readonly LockHolder[]
  /** How many claims wait in line at the store, or `null` where the backend keeps none. */
  readonly waiting: number | null
}

export interface LockHolder {
  /** The label of the locker that holds it, from whichever process; `null` for a foreign value. */
  readonly label: string | null
  /** Milliseconds until expiry on the store's clock, or `null` when it never expires. */
  readonly remainingMs: number | null
  readonly fence: number | null
}

/** What {@link Locker.query} tells. */
export interface LockSnapshot {
  /** Who holds what, from whichever process. */
  readonly held: readonly HeldLock[]
  /** Who waits in line at the store: of those who wait for one name in one process, mostly the first. */
  readonly pending: readonly PendingLock[]
}

export interface HeldLock extends LockHolder {
  readonly name: string
  readonly mode: LockMode
}

export interface PendingLock {
  readonly name: string
  readonly mode: LockMode
  readonly label: string | null
  /** How many stand before it in the line for the name. */
  readonly place: number
}

export async function inspect(engine: Engine, name: string, timeoutMs: number): Promise<LockInfo | null> {
  const found = await ask(engine, quote(name), timeoutMs, (call) => engine.backend.inspect(name, call))
  if (found === null) return null
  return { name, mode: found.mode, holders: found.holders.map(holderOf), waiting: found.waiting }
}

export async function query(engine: Engine, timeoutMs: number): Promise<LockSnapshot> {
  const held: HeldLock[] = []
  const pending: PendingLock[] = []
  for await (const { name, mode, holders, line = [] } of listed(engine, timeoutMs)) {
    for (const holder of holders) held.push({ name, mode, ...holderOf(holder) })
    for (const [place, waiter] of line.entries()) {
      pending.push({ name, mode: waiter.mode, label: labelOf(waiter.owner), place })
    }
  }
  return { held, pending }
}

/**
 * All that is held or waited for. Each piece of the answer is waited for as long as one call, counted from the last time
 * that the store has answered: among many keys of others, one piece may take many answers.
 */
export async function* listed(engine: Engine, timeoutMs: number): AsyncGenerator<Inspection> {
  const { backend } = engine
  if (!backend.capabilities.list || backend.list === undefined)
    throw new LockError('LOCK_UNSUPPORTED', `the backend ${backend.name} cannot list`)
  const { clock, waits } = engine
  const controller = new AbortController()
  let since = clock.now()
  const progress = (): void => {
    since = clock.now()
  }
  const found = backend.list({ signal: controller.signal, progress })[Symbol.asyncIterator]()

  const nextOf = async (): Promise<IteratorResult<Inspection>> => {
    progress()
    let pending: Promise<IteratorResult<Inspection>> | undefined
    for (;;) {
      throwIfClosed(engine)
      const until = since + timeoutMs
      const answer = await attempt(() => (pending ??= found.next()), waits, until)
      if (!isFailure(answer)) return answer
      if (!answer.pending || since + timeoutMs <= until) throw errorOf('the list of all locks', answer)
    }
  }

  try {
    for (;;) {
      const next = await nextOf()
      if (next.done === true) return
      yield next.value
    }
  } finally {
    controller.abort()
  }
}

const holderOf = ({ owner, remainingMs, fence }: Inspection['holders'][number]): LockHolder => ({
  label: labelOf(owner),
  remainingMs,
  fence,
})

/** One call that is neither retried nor undone. */
export async function ask<T>(
  { clock, waits }: Engine,
  what: string,
  timeoutMs: number,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const answer = await attempt(call, waits, clock.now() + timeoutMs)
  if (!isFailure(answer)) return answer
  throw errorOf(what, answer)
}

const errorOf = (what: string, { cause, executed }: Failure): LockError =>
  new LockError(executed === 'no' ? 'LOCK_BACKEND' : 'LOCK_INDETERMINATE', `${what}: ${reasonOf(cause)}`, { cause })
