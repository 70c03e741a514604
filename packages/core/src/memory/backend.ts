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
import { admits, expire, leaveLine, lineUp, lookInto, retryAfterMs, type Room, settle } from './room.js'

export interface MemoryBackendOptions {
  /** The clock that leases expire by. Default: the platform's. */
  readonly clock?: Clock
  /** Share one store between several backends, as several processes share a server. Default: a store of its own. */
  readonly store?: MemoryStore
}

/** What several memory backends share. Opaque: make one with {@link memoryStore}. */
export interface MemoryStore {
  readonly rooms: Map<string, Room>
  /** Everyone who is told when a name is taken by force, through whichever backend it was held. */
  readonly watchers: Set<(turn: Turn) => void>
  lastFence: number
  /** Expired rooms are swept when the store has grown to this size. */
  sweepAt: number
}

const SMALLEST_SWEEP = 64

/** An empty store for {@link memoryBackend}. */
export function memoryStore(): MemoryStore {
  return { rooms: new Map(), watchers: new Set(), lastFence: 0, sweepAt: SMALLEST_SWEEP }
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
 * for programs of one process. It sets no timers: what has expired is dropped when a call finds it.
 */
export function memoryBackend(options: MemoryBackendOptions = {}): LockBackend {
  const { clock = systemClock, store = memoryStore() } = options
  const watchers = new Set<(turn: Turn) => void>()

  const nextFence = (count: number): number => {
    const first = store.lastFence + 1
    store.lastFence += count
    return first
  }

  /** Runs one atomic step on the room of a name, after expiry, and after and before the line moves on. */
  const inRoom = <T>(name: string, step: (room: Room, now: number) => T, byForce = false): T => {
    const now = clock.now()
    const room = store.rooms.get(name) ?? { holders: new Map(), line: [] }
    if (byForce) expire(room, now)
    else settle(room, now, nextFence)
    const result = step(room, now)
    settle(room, now, nextFence)
    if (room.holders.size > 0) store.rooms.set(name, room)
    else store.rooms.delete(name)
    return result
  }

  const sweep = (): void => {
    if (store.rooms.size < store.sweepAt) return
    for (const name of [...store.rooms.keys()]) inRoom(name, () => undefined)
    store.sweepAt = Math.max(SMALLEST_SWEEP, store.rooms.size * 2)
  }

  const tellAll = (to: Set<(turn: Turn) => void>, { name, owner }: Turn): void => {
    for (const onTurn of to) queueMicrotask(() => to.has(onTurn) && onTurn({ name, owner }))
  }

  const tell = (claim: Claim): void => tellAll(watchers, claim)

  /** Takes the name from all who hold it, and hints them. */
  const dispossess = (name: string, { holders }: Room): void => {
    for (const owner of holders.keys()) tellAll(store.watchers, { name, owner })
    holders.clear()
  }

  const acquire = (claim: Claim): AcquireOutcome => {
    const step = (room: Room, now: number): AcquireOutcome => {
      const mine = room.holders.get(claim.owner)
      // A shared owner cannot become exclusive by claiming again: two who tried would wait for each other for ever.
      if (mine?.mode === 'shared' && claim.mode === 'exclusive') {
        return { acquired: false, retryAfterMs: retryAfterMs(room, claim, now), ahead: null }
      }
      if (mine !== undefined) {
        // Never shorter: a claim that is sent twice must not cut a lease that was extended meanwhile.
        mine.expiresAt = Math.max(mine.expiresAt, now + claim.ttlMs)
        return { acquired: true, validMs: claim.ttlMs, fence: mine.fence }
      }
      if (claim.steal) {
        dispossess(claim.name, room)
        leaveLine(room, claim.owner)
      }
      if (claim.steal || (room.line.length === 0 && admits(room, claim))) {
        const fence = nextFence(claim.fences ?? 1)
        room.holders.set(claim.owner, { mode: claim.mode, fence, expiresAt: now + claim.ttlMs })
        return { acquired: true, validMs: claim.ttlMs, fence }
      }
      const ahead = claim.lineMs === undefined ? null : lineUp(room, claim, claim.lineMs, now, tell)
      return { acquired: false, retryAfterMs: retryAfterMs(room, claim, now), ahead }
    }
    return inRoom(claim.name, step, claim.steal)
  }

  const extend = (claim: Claim): ExtendOutcome =>
    inRoom(claim.name, (room, now) => {
      const mine = room.holders.get(claim.owner)
      if (mine === undefined) return { status: 'lost' }
      // Here, and not by an acquire: one that is executed late would take a name that is free again.
      if (claim.mode === 'shared') mine.mode = 'shared'
      const fences = claim.mode === 'shared' ? undefined : claim.fences
      // One that reserves fences is never shorter either: sent twice, it must not cut what was extended meanwhile.
      mine.expiresAt = Math.max(fences === undefined ? -Infinity : mine.expiresAt, now + claim.ttlMs)
      return { status: 'extended', validMs: claim.ttlMs, fence: fences === undefined ? null : nextFence(fences) }
    })

  const release = ({ name, owner, keepMs = 0 }: Ownership): ReleaseOutcome =>
    inRoom(name, (room, now) => {
      leaveLine(room, owner)
      const mine = room.holders.get(owner)
      if (mine === undefined) return 'not-held'
      if (keepMs > 0) mine.expiresAt = now + keepMs
      else room.holders.delete(owner)
      return 'released'
    })

  const inspect = (name: string): Inspection | null =>
    inRoom(name, (room, now) => {
      const seen = room.holders.size === 0 ? null : lookInto(name, room, now)
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
      return acquire(claim)
    },
    extend: async (claims: readonly Claim[]): Promise<readonly ExtendOutcome[]> => claims.map(extend),
    release: async (ownership: Ownership): Promise<ReleaseOutcome> => release(ownership),
    inspect: async (name: string): Promise<Inspection | null> => inspect(name),
    evict: async (name: string): Promise<boolean> => {
      const step = (room: Room): boolean => {
        const held = room.holders.size > 0
        dispossess(name, room)
        return held
      }
      return inRoom(name, step, true)
    },
    async *list({ signal }: CallOptions = {}): AsyncGenerator<Inspection> {
      for (const name of [...store.rooms.keys()]) {
        signal?.throwIfAborted()
        const room = store.rooms.get(name)
        const seen = room === undefined ? null : lookInto(name, room, clock.now())
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
