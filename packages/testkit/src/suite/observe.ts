import type {
  CallOptions,
  Capabilities,
  Claim,
  Inspection,
  LockBackend,
  Ownership,
  Turn,
  Unwatch,
} from '@holdfast/core'
import { BrokenPromise } from './expect.js'
import {
  acquireShape,
  evictShape,
  extendShape,
  inspectionShape,
  releaseShape,
  turnShape,
  type ShapeProblem,
} from './shape.js'
import { show, written } from './show.js'

/** The calls of one case, as they were made and answered. */
export interface CallLog {
  /** The last calls, oldest first, as text. */
  readonly lines: () => readonly string[]
  /** When a call was last made or answered, on the real clock. */
  readonly lastActivity: () => number
  /** The method of a call that waits for its answer. */
  readonly unanswered: () => string | undefined
  /** How long the slowest call took that was answered, in real milliseconds. */
  readonly slowestMs: () => number
  /** Faults of notifications, which no call waits for. */
  readonly problems: readonly Error[]
}

interface Entry {
  readonly handle: string
  readonly verb: string
  readonly asked: unknown
  answer?: { readonly seen: unknown } | { readonly threw: unknown }
}

const KEPT = 40
/** The part that makes names and owners unique: a few characters are enough. */
const UNIQUE = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const { performance } = globalThis

/** Records the calls of one case. */
export function createCallLog(): CallLog & {
  readonly begin: (entry: Entry) => void
  /** Counts a call as unanswered until it ends. */
  readonly during: <T>(verb: string, make: () => Promise<T>) => Promise<T>
  readonly active: () => void
  readonly problems: Error[]
} {
  const entries: Entry[] = []
  let activeAt = performance.now()
  const unanswered = new Set<{ readonly verb: string }>()
  let slowestMs = 0
  const active = (): void => {
    activeAt = performance.now()
  }
  return {
    problems: [],
    active,
    during: async (verb, make) => {
      active()
      const startedAt = activeAt
      const call = { verb }
      unanswered.add(call)
      try {
        return await make()
      } finally {
        active()
        unanswered.delete(call)
        slowestMs = Math.max(slowestMs, activeAt - startedAt)
      }
    },
    begin: (entry) => {
      entries.push(entry)
      if (entries.length > 2 * KEPT) entries.splice(0, KEPT)
    },
    lastActivity: () => activeAt,
    unanswered: () => unanswered.values().next().value?.verb,
    slowestMs: () => slowestMs,
    lines: () => entries.slice(-KEPT).map(lineOf),
  }
}

function lineOf({ handle, verb, asked, answer }: Entry): string {
  const said = answer === undefined ? 'no answer' : 'seen' in answer ? show(answer.seen) : `threw ${show(answer.threw)}`
  return `${handle}.${verb}(${show(asked)}) → ${said}`.replaceAll(UNIQUE, (id) => id.slice(0, 4))
}

type Log = ReturnType<typeof createCallLog>

/**
 * A handle that lets every call through, and checks the rules for every call: the answer has the shape of the contract,
 * and the arguments are as they were.
 */
export function observe(backend: LockBackend, handle: string, log: Log): LockBackend {
  const capabilities = (): Capabilities => backend.capabilities
  const call = async <T>(
    verb: string,
    asked: unknown,
    make: () => Promise<T>,
    problemOf: (seen: T) => ShapeProblem,
  ): Promise<T> => {
    const before = written(asked)
    const entry: Entry = { handle, verb, asked }
    log.begin(entry)
    try {
      const seen = await log.during(verb, make)
      entry.answer = { seen }
      check(problemOf(seen), seen)
      if (written(asked) !== before)
        throw new BrokenPromise(`${verb} left its arguments as ${show(asked)}\n  before: ${before}`, {
          rule: 'arguments',
        })
      return seen
    } catch (threw) {
      entry.answer ??= { threw }
      throw threw
    }
  }
  const observedTurns = turnObserver(backend, log)
  const methods = {
    acquire: (claim: Claim, options?: CallOptions) =>
      call(
        'acquire',
        claim,
        () => backend.acquire(claim, options),
        (seen) => acquireShape(seen, capabilities()),
      ),
    extend: (claims: readonly Claim[], options?: CallOptions) =>
      call(
        'extend',
        claims,
        () => backend.extend(claims, options),
        (seen) => extendShape(seen, claims.length, capabilities()),
      ),
    release: (ownership: Ownership, options?: CallOptions) =>
      call('release', ownership, () => backend.release(ownership, options), releaseShape),
    inspect: (name: string, options?: CallOptions) =>
      call(
        'inspect',
        name,
        () => backend.inspect(name, options),
        (seen) => (seen === null ? null : inspectionShape(seen, capabilities(), false)),
      ),
    evict: (name: string, options?: CallOptions) => call('evict', name, () => backend.evict(name, options), evictShape),
    list: (options?: CallOptions) => observedList(backend, options, log),
    watch: (onTurn: (turn: Turn) => void, onStanding?: (standing: boolean) => void) =>
      observedWatch(backend, { onTurn: observedTurns(onTurn), onStanding }, log),
  }
  // The proxy has an empty target, so that each other member of the backend is looked up anew each time.
  return new Proxy({} as LockBackend, {
    get: (_, key) => {
      const value: unknown = Reflect.get(backend, key)
      return typeof value === 'function' && key in methods ? methods[key as keyof typeof methods] : value
    },
    has: (_, key) => key in backend,
  })
}

function check(problem: ShapeProblem, seen: unknown): void {
  if (problem !== null) throw new BrokenPromise(`${problem}\n  seen: ${show(seen)}`, { rule: 'shape' })
}

async function* observedList(
  backend: LockBackend,
  options: CallOptions | undefined,
  log: Log,
): AsyncGenerator<Inspection> {
  const shown = new Set<string>()
  for await (const seen of backend.list?.(options) ?? []) {
    log.active()
    check(inspectionShape(seen, backend.capabilities, true), seen)
    check(shown.has(seen.name) ? 'list shows a name at most once' : null, seen)
    shown.add(seen.name)
    yield seen
  }
}

type OnTurn = (turn: Turn) => void

interface Listeners {
  readonly onTurn: OnTurn
  readonly onStanding: ((standing: boolean) => void) | undefined
}

/** A recording listener for each listener: two watches with the same function get the same recording function. */
function turnObserver(backend: LockBackend, log: Log): (onTurn: OnTurn) => OnTurn {
  const observed = new WeakMap<OnTurn, OnTurn>()
  return (onTurn) => {
    const known = observed.get(onTurn)
    if (known !== undefined) return known
    const listener: OnTurn = (turn) => {
      log.active()
      const problem = turnShape(turn, backend.capabilities)
      if (problem !== null)
        log.problems.push(new BrokenPromise(`${problem}\n  seen: ${show(turn)}`, { rule: 'notification' }))
      onTurn(turn)
    }
    observed.set(onTurn, listener)
    return listener
  }
}

async function observedWatch(backend: LockBackend, { onTurn, onStanding }: Listeners, log: Log): Promise<Unwatch> {
  const unwatch = await log.during('watch', async () => backend.watch?.(onTurn, onStanding))
  if (typeof unwatch !== 'function') throw new BrokenPromise('watch answers a function that ends it', { rule: 'shape' })
  return unwatch
}
