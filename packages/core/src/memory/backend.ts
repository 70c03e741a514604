import type {
  AcquireOutcome,
  CallOptions,
  Capabilities,
  Claim,
  ExtendOutcome,
  Inspection,
  LockBackend,
  Ownership,
  ReleaseOutcome,
  Turn,
  Unwatch,
} from '../backend.js'
import { type Clock, systemClock } from '../clock.js'
import { wrongKind } from '../errors/messages.js'
import { checkOptions, optionNames } from '../errors/unknown-options.js'
import { checkClock } from '../options/validation.js'
import { answering } from './turns.js'
import { admits, expire, leaveLine, lineUp, inspectState, retryAfterMs, type NameState, settle } from './name-state.js'

/** Options of {@link memoryBackend}. */
export interface MemoryBackendOptions {
  /** The clock that leases expire by. Default: the platform's. */
  readonly clock?: Clock | undefined
  /** Share one store between several backends, as several processes share a server. Default: a store of its own. */
  readonly store?: MemoryStore | undefined
}

/** The store that several memory backends share. Opaque: make one with {@link memoryStore}. */
export interface MemoryStore {
  readonly names: Map<string, NameState>
  /** The watchers of all backends on this store, which are called when a name is taken by force. */
  readonly watchers: Set<(turn: Turn) => void>
  lastFence: number
  /** Expired names are swept when the store has grown to this size. */
  sweepAt: number
}

const KNOWN = optionNames('clock store')

const SMALLEST_SWEEP = 64

/** An empty store for {@link memoryBackend}. */
export function memoryStore(): MemoryStore {
  const store = { names: new Map(), watchers: new Set<never>(), lastFence: 0, sweepAt: SMALLEST_SWEEP }
  // Shown by console.log in Node without the owners.
  const value = (): object => ({ names: store.names.size })
  return Object.defineProperty(store, Symbol.for('nodejs.util.inspect.custom'), { value })
}

function isStore(store: unknown): store is MemoryStore {
  const { names, watchers, lastFence } = (store ?? {}) as Partial<MemoryStore>
  return names instanceof Map && watchers instanceof Set && typeof lastFence === 'number'
}

const capabilities: Capabilities = Object.freeze({
  scope: 'process',
  fencing: true,
  shared: true,
  line: true,
  watch: true,
  list: true,
})

/**
 * Locks within one process: the readable reference of the {@link LockBackend} contract, for tests and
 * for programs of one process. It sets no timers: an expired lease is dropped when a call finds it.
 */
export function memoryBackend(options: MemoryBackendOptions = {}): LockBackend {
  checkOptions('memoryBackend', options, KNOWN)
  const { clock = systemClock, store = memoryStore() } = options
  checkClock(clock)
  if (!isStore(store)) throw wrongKind('store must be made by memoryStore()', store)
  const watchers = new Set<(turn: Turn) => void>()
  const answer = answering(clock)

  const nextFence = (count: number): number => {
    const first = store.lastFence + 1
    store.lastFence += count
    return first
  }

  /** Runs one atomic step on the state of a name, after expiry, and after and before the line moves on. */
  const atomically = <T>(name: string, step: (state: NameState, now: number) => T, byForce = false): T => {
    const now = clock.now()
    const state = store.names.get(name) ?? { holders: new Map(), line: [] }
    if (byForce) expire(state, now)
    else settle(state, now, nextFence)
    const result = step(state, now)
    settle(state, now, nextFence)
    if (state.holders.size > 0) store.names.set(name, state)
    else store.names.delete(name)
    return result
  }

  /** Forgets names of which every lease and place has ended. The calls on a name alone grant it to its line. */
  const sweep = (): void => {
    if (store.names.size < store.sweepAt) return
    const now = clock.now()
    for (const [name, { holders, line }] of store.names) {
      if ([...holders.values(), ...line].every(({ expiresAt }) => expiresAt <= now)) store.names.delete(name)
    }
    store.sweepAt = Math.max(SMALLEST_SWEEP, store.names.size * 2)
  }

  const notify = (to: Set<(turn: Turn) => void>, turn: Turn): void => {
    for (const onTurn of to) queueMicrotask(() => to.has(onTurn) && onTurn(turn))
  }

  const notifyTurn = ({ name, owner }: Claim): void => notify(watchers, { type: 'turn', name, owner })

  /** Takes the name from its holders, and notifies them. */
  const takeFromHolders = (name: string, { holders }: NameState): void => {
    for (const owner of holders.keys()) notify(store.watchers, { type: 'taken', name, owner })
    holders.clear()
  }

  const acquire = (claim: Claim): AcquireOutcome => {
    const step = (state: NameState, now: number): AcquireOutcome => {
      const mine = state.holders.get(claim.owner)
      // A shared owner cannot become exclusive by claiming again: two such owners would wait for each other for ever.
      if (mine?.mode === 'shared' && claim.mode === 'exclusive') {
        return { acquired: false, retryAfterMs: retryAfterMs(state, claim, now), ahead: null }
      }
      if (mine !== undefined) {
        // Never shorter, for a claim that is sent twice must not cut a lease that was extended meanwhile; unless this
        // confirms a grant of the store, which lasted as long as the place in line.
        mine.expiresAt = Math.max(mine.unconfirmed ? -Infinity : mine.expiresAt, now + claim.ttlMs)
        mine.unconfirmed = false
        return { acquired: true, validMs: claim.ttlMs, fence: mine.fence }
      }
      if (claim.steal) {
        takeFromHolders(claim.name, state)
        leaveLine(state, claim.owner)
      }
      if (claim.steal || (state.line.length === 0 && admits(state, claim))) {
        const fence = nextFence(claim.fences ?? 1)
        state.holders.set(claim.owner, { mode: claim.mode, fence, expiresAt: now + claim.ttlMs })
        return { acquired: true, validMs: claim.ttlMs, fence }
      }
      const ahead = claim.lineMs === undefined ? null : lineUp(state, claim, claim.lineMs, now, notifyTurn)
      return { acquired: false, retryAfterMs: retryAfterMs(state, claim, now), ahead }
    }
    return atomically(claim.name, step, claim.steal)
  }

  const extend = (claim: Claim): ExtendOutcome =>
    atomically(claim.name, (state, now) => {
      const mine = state.holders.get(claim.owner)
      if (mine === undefined) return { status: 'lost' }
      // Here, and not by an acquire: an acquire that is executed late would take a name that is free again.
      if (claim.mode === 'shared') mine.mode = 'shared'
      const fences = claim.mode === 'shared' ? undefined : claim.fences
      // A reservation of fences never shortens it either: sent twice, it must not cut a lease extended meanwhile.
      mine.expiresAt = Math.max(fences === undefined ? -Infinity : mine.expiresAt, now + claim.ttlMs)
      mine.unconfirmed = false
      return { status: 'extended', validMs: claim.ttlMs, fence: fences === undefined ? null : nextFence(fences) }
    })

  const release = ({ name, owner, keepMs = 0 }: Ownership): ReleaseOutcome =>
    atomically(name, (state, now) => {
      leaveLine(state, owner)
      const mine = state.holders.get(owner)
      if (mine === undefined) return 'not-held'
      if (keepMs > 0) Object.assign(mine, { expiresAt: now + keepMs, unconfirmed: false })
      else state.holders.delete(owner)
      return 'released'
    })

  const inspect = (name: string): Inspection | null =>
    atomically(name, (state, now) => {
      const seen = state.holders.size === 0 ? null : inspectState(name, state, now)
      if (seen === null) return null
      const { line: _, ...inspection } = seen
      return inspection
    })

  return Object.freeze({
    specVersion: 1,
    name: 'memory',
    capabilities,
    acquire: async (claim: Claim): Promise<AcquireOutcome> => {
      sweep()
      return answer(acquire(claim))
    },
    extend: async (claims: readonly Claim[]): Promise<readonly ExtendOutcome[]> => answer(claims.map(extend)),
    release: async (ownership: Ownership): Promise<ReleaseOutcome> => answer(release(ownership)),
    inspect: async (name: string): Promise<Inspection | null> => answer(inspect(name)),
    evict: async (name: string): Promise<boolean> => {
      const step = (state: NameState): boolean => {
        const held = state.holders.size > 0
        takeFromHolders(name, state)
        return held
      }
      return answer(atomically(name, step, true))
    },
    async *list({ signal }: CallOptions = {}): AsyncGenerator<Inspection> {
      for (const name of [...store.names.keys()]) {
        signal?.throwIfAborted()
        const state = store.names.get(name)
        const seen = state === undefined ? null : inspectState(name, state, clock.now())
        if (seen !== null) yield seen
      }
    },
    watch: async (onTurn: (turn: Turn) => void): Promise<Unwatch> => {
      // A wrapper of its own, so that watching twice with one function is two watches.
      const watcher = (turn: Turn): void => onTurn(turn)
      watchers.add(watcher)
      store.watchers.add(watcher)
      return async () => {
        watchers.delete(watcher)
        store.watchers.delete(watcher)
      }
    },
  } satisfies LockBackend)
}
