import { isLockError, type Lease } from '@holdfast/core'
import { STRAY } from '../check/processes.js'
import type { Outcome, Verb } from '../history/event.js'
import { type Asking, type Held, pause, type Tools } from './tools.js'

/** How long a call on a lease may take: no longer than the longest bound of a call to the store. */
const CALL_MS = 10_000
/** The limit of a transaction of the target's own, which no lock bounds. */
const WRITE_MS = 60_000
const MOST_CAUSES = 4
/** How long a holder whose lease is not held waits for its signal. */
const SIGNAL_MS = 6_000

/** Makes a call, and writes down how it began and ended. Answers `null` when no lease was granted. */
export async function ask(tools: Tools, asking: Asking, act: () => Promise<Lease | null>): Promise<Held | null> {
  const id = begin(tools, asking)
  try {
    const lease = await act()
    return lease === null ? refused(tools, id) : granted(tools, { id, asking, lease })
  } catch (error) {
    fail(tools, id, error)
    return null
  }
}

export function begin({ history, newId }: Tools, { verb, names, terms, budgetMs }: Asking): string {
  const id = newId()
  history.write({ type: 'call', id, verb, names, terms, budgetMs })
  return id
}

export function refused({ history }: Tools, id: string): null {
  history.write({ type: 'end', id, outcome: 'refused' })
  return null
}

/** Writes a grant down, and looks at the lease for the first time. */
export function granted(
  tools: Tools,
  { id, asking, lease }: { readonly id: string; readonly asking: Asking; readonly lease: Lease },
): Held {
  const { history, secrets, newId, random } = tools
  if (typeof lease.owner === 'string') secrets.add(lease.owner)
  const handle = newId()
  const group = asking.group ?? handle
  const { names, terms } = asking
  const fences = Object.fromEntries(names.map((name) => [name, lease.fences?.get(name) ?? lease.fence ?? null]))
  // A holder that reads the signal asks for notice of a steal: some holders never do.
  const watched = 'signal' in lease && random(10) > 0
  history.write({ type: 'end', id, outcome: 'granted', grant: { lease: handle, group, fences, watched } })
  const held: Held = {
    id: handle,
    group,
    lease,
    names,
    terms,
    watched,
    signalled: watched ? onSignal(tools, handle, lease) : pause(0),
  }
  sample(tools, held)
  if (random(20) === 0) secrets.look('a lease', lease)
  return held
}

/** Writes an error down, without its message. */
export function fail({ history, secrets, strict, never }: Tools, id: string, error: unknown): void {
  secrets.look('an error', error)
  const outcome = outcomeOf(error)
  if (outcome === 'aborted') return history.write({ type: 'end', id, outcome })
  const causes = codesBelow(error)
  const code = isLockError(error) ? error.code : nameOf(error)
  const stray = never !== undefined && [code, ...causes].some((each) => never.test(each))
  const isStray = stray || (strict && !isLockError(error))
  const below = causes.length === 0 ? {} : { causes }
  history.write({ type: 'end', id, outcome, code: isStray ? `${STRAY}${[code, ...causes].join(' ')}` : code, ...below })
}

/** The codes of the causes of an error: a client's, a server's. */
function codesBelow(error: unknown): readonly string[] {
  const found: string[] = []
  for (let each = causeOf(error); each !== undefined; each = causeOf(each)) {
    const { code }: { code?: unknown } = each
    if (typeof code === 'string' && found.length < MOST_CAUSES) found.push(code)
  }
  return found
}

function causeOf(error: unknown): object | undefined {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null ? cause : undefined
}

const nameOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message.slice(0, 120)}` : typeof error

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  LOCK_BUSY: 'refused',
  LOCK_INDETERMINATE: 'unknown',
  LOCK_LOST: 'lost',
}

/** The reason with which scenarios abort their calls, or throw in their callbacks. */
export class OwnReason extends Error {}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof OwnReason) return 'aborted'
  return isLockError(error) ? (OUTCOMES[error.code] ?? 'failed') : 'failed'
}

function onSignal({ history, secrets }: Tools, id: string, { signal }: Lease): Promise<void> {
  return new Promise((resolve) => {
    const write = (): void => {
      const reason: unknown = signal.reason
      secrets.look('the reason of a signal', reason)
      history.write({ type: 'signalled', lease: id, code: isLockError(reason) ? reason.code : nameOf(reason) })
      resolve()
    }
    if (signal.aborted) write()
    else signal.addEventListener('abort', write, { once: true })
  })
}

/** Asks the lease whether it is held. The answer counts for the time before the question. */
export function sample({ history }: Tools, { id, lease }: Held): boolean {
  const at = Number(process.hrtime.bigint()) / 1e6
  const { held } = lease
  history.write({ type: 'held', lease: id, held }, at)
  return held
}

/** Calls on a lease: extend, release. */
export async function callOn(
  tools: Tools,
  verb: Verb,
  of: { readonly held: Held; readonly names?: readonly string[]; readonly act: () => Promise<Outcome> },
): Promise<Outcome | null> {
  const { history, newId } = tools
  const { held, names = held.names, act } = of
  const id = newId()
  const budgetMs = verb === 'guardedWrite' ? WRITE_MS : CALL_MS
  history.write({ type: 'call', id, verb, names, budgetMs, lease: held.id })
  try {
    const outcome = await act()
    history.write({ type: 'end', id, outcome })
    return outcome
  } catch (error) {
    fail(tools, id, error)
    return null
  }
}

/** A call that is on no lease and asks for none. */
export async function callAbout(
  tools: Tools,
  verb: Verb,
  { names, act }: { names: readonly string[]; act: () => Promise<unknown> },
): Promise<void> {
  const { history, secrets, newId } = tools
  const id = newId()
  history.write({ type: 'call', id, verb, names, budgetMs: CALL_MS })
  try {
    secrets.look(verb, await act())
    history.write({ type: 'end', id, outcome: 'done' })
  } catch (error) {
    fail(tools, id, error)
  }
}

export async function release(tools: Tools, held: Held): Promise<void> {
  const { lease } = held
  if (sample(tools, held) && tools.random(3) === 0) await writeBy(tools, held)
  await callOn(tools, 'release', { held, act: async () => (await lease.release()) ?? 'done' })
}

export async function writeBy({ write, random }: Tools, { id, lease, names }: Held): Promise<void> {
  const name = names[random(names.length)] ?? ''
  await write(id, name, lease.fences?.get(name) ?? lease.fence ?? null)
}

/** Waits for the signal of a lease that is not held any more, for some seconds at most. */
export async function untilSignalled({ watched, signalled }: Held): Promise<void> {
  if (watched) await Promise.race([signalled, pause(SIGNAL_MS)])
}
