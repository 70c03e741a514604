import {
  type CallOptions,
  type Capabilities,
  type Claim,
  type Clock,
  type LockBackend,
  memoryBackend,
  type MemoryStore,
  type Ownership,
  type Turn,
} from '../../src/index.js'
import { type Fault, pass } from './faults.js'

export type Verb = 'acquire' | 'extend' | 'release' | 'inspect' | 'evict'

/** A call that reached the backend. */
export interface Call {
  readonly verb: Verb
  readonly at: number
  /** The claim of the call; for `extend` the first one. */
  readonly claim: Claim & Ownership
  /** The number of claims in the call. */
  readonly size: number
  readonly options: CallOptions | undefined
  settled: boolean
}

/** A backend over a store that never fails, whose calls are recorded and can be made to fail. */
export interface FaultyBackend extends LockBackend {
  /** The store behind the backend. */
  readonly store: LockBackend
  calls(verb?: Verb): readonly Call[]
  /** Sets the faults of the next calls of a verb, a fault for each call. */
  next(verb: Verb, ...faults: readonly Fault[]): void
  /** Sets the fault of all other calls of a verb; by default they have none. */
  always(verb: Verb, fault: Fault): void
  /** The greatest number of calls of a verb that were unsettled together. */
  mostInFlight(verb: Verb): number
  /** Gives a hint to all watchers. */
  hint(turn: Turn): void
  watchers(): number
}

export interface FaultyOptions {
  readonly store?: LockBackend
  readonly capabilities?: Partial<Capabilities>
  /** The `watch` of the backend; by default that of the store. */
  readonly watch?: LockBackend['watch']
}

export function faultyBackend(
  clock: Clock,
  { store = memoryBackend({ clock }), capabilities = {}, watch = store.watch }: FaultyOptions = {},
): FaultyBackend {
  const calls: Call[] = []
  const queued = new Map<Verb, Fault[]>()
  const standing = new Map<Verb, Fault>()
  const inFlight: Record<Verb, number> = { acquire: 0, extend: 0, release: 0, inspect: 0, evict: 0 }
  const most: Record<Verb, number> = { ...inFlight }
  const watchers = new Set<(turn: Turn) => void>()

  // No async function: a fault that throws at once must throw here at once.
  const through = <T>(verb: Verb, input: unknown, options: CallOptions | undefined, execute: () => Promise<T>) => {
    const claim = (
      Array.isArray(input) ? input[0] : typeof input === 'string' ? { name: input } : input
    ) as Call['claim']
    const call: Call = {
      verb,
      at: clock.now(),
      claim,
      size: Array.isArray(input) ? input.length : 1,
      options,
      settled: false,
    }
    calls.push(call)
    inFlight[verb]++
    most[verb] = Math.max(most[verb], inFlight[verb])
    const fault = queued.get(verb)?.shift() ?? standing.get(verb) ?? pass
    const settle = (): void => {
      call.settled = true
      inFlight[verb]--
    }
    try {
      const answer = fault(execute, clock) as Promise<T>
      answer.then(settle, settle)
      return answer
    } catch (error) {
      settle()
      throw error
    }
  }

  return {
    specVersion: 1,
    name: 'faulty',
    capabilities: Object.freeze({ ...store.capabilities, ...capabilities }),
    store,
    acquire: (claim, options) => through('acquire', claim, options, () => store.acquire(claim)),
    extend: (claims, options) => through('extend', claims, options, () => store.extend(claims)),
    release: (ownership, options) => through('release', ownership, options, () => store.release(ownership)),
    inspect: (name, options) => through('inspect', name, options, () => store.inspect(name)),
    ...(store.list !== undefined && { list: store.list }),
    evict: (name, options) => through('evict', name, options, () => store.evict(name)),
    watch: async (onTurn, onStanding) => {
      const unwatch = await watch?.(onTurn, onStanding)
      watchers.add(onTurn)
      return async () => {
        watchers.delete(onTurn)
        await unwatch?.()
      }
    },
    calls: (verb) => (verb === undefined ? calls : calls.filter((call) => call.verb === verb)),
    next: (verb, ...faults) => {
      const queue = queued.get(verb)
      if (queue === undefined) queued.set(verb, [...faults])
      else queue.push(...faults)
    },
    always: (verb, fault) => void standing.set(verb, fault),
    mostInFlight: (verb) => most[verb],
    hint: (turn) => {
      for (const onTurn of watchers) onTurn(turn)
    },
    watchers: () => watchers.size,
  }
}

/** A backend whose notifications say what was granted, as on Redis. */
export function announcing(clock: Clock, store: MemoryStore): LockBackend {
  const inner = memoryBackend({ clock, store })
  const watch: LockBackend['watch'] = (onTurn) =>
    inner.watch?.((turn) => {
      const hold = turn.type === 'turn' ? store.names.get(turn.name)?.holders.get(turn.owner) : undefined
      const granted = hold === undefined || turn.type !== 'turn' ? turn : { ...turn, granted: { fence: hold.fence } }
      clock.setTimeout(() => onTurn(granted), 1)
    }) ?? Promise.reject(new Error('no watch'))
  return { ...inner, watch }
}
