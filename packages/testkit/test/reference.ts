import {
  BackendError,
  type Clock,
  type Inspection,
  type LockBackend,
  memoryBackend,
  memoryStore,
  type MemoryStore,
  systemClock,
} from '@holdfast/core'
import { memoryFaults } from './memory-faults.js'
import { type ConformanceTarget, type ForeignValues, type OpenStore, virtualClock } from '../src/index.js'

/** A memory store on a clock, with the foreign values that a test plants past the backend. */
export interface Kit {
  readonly clock: Clock
  readonly store: MemoryStore
  /** Names under which a value lies that is no lock at all. */
  readonly oddities: Set<string>
}

/** The text that a wrong backend may put before a name, and that the target says. */
export const PREFIX = 'reference:'

/** Marks a hold that no backend of Holdfast made. */
const FOREIGN_FENCE = 0

type WrapFor = (kit: Kit) => (inner: LockBackend, index: number) => LockBackend & { close?(): void }

/** Two memory backends on one store, able to meet foreign values, each wrapped by `wrap`. */
export function referenceTarget(name: string, wrapFor: WrapFor = () => (inner) => inner): ConformanceTarget {
  const clock = virtualClock(1_000_000)
  return { name, clock, open: async () => openReference(clock, wrapFor) }
}

/** The target of `referenceTarget`, in real time. */
export function realTimeTarget(name: string, wrapFor: WrapFor = () => (inner) => inner): ConformanceTarget {
  return { name, open: async () => openReference(systemClock, wrapFor) }
}

function openReference(clock: Clock, wrapFor: WrapFor): OpenStore {
  const kit: Kit = { clock, store: memoryStore(), oddities: new Set() }
  const wrap = wrapFor(kit)
  const inner = (): LockBackend => meetingForeigners(kit, memoryBackend({ clock, store: kit.store }))
  const handle = (index: number): ReturnType<typeof wrap> => wrap(inner(), index)
  const faults = memoryFaults(inner, (backend) => wrap(backend, 2))
  let later = 3
  return {
    backends: [handle(0), handle(1)],
    foreign: foreignValues(kit),
    prefix: PREFIX,
    faults,
    another: async () => {
      const backend = handle(later++)
      return { backend, close: () => backend.close?.() }
    },
  }
}

export function isForeign({ store }: Kit, name: string): boolean {
  return [...(store.names.get(name)?.holders.values() ?? [])].some((hold) => hold.fence === FOREIGN_FENCE)
}

function foreignValues({ clock, store, oddities }: Kit): ForeignValues {
  return {
    plant: async (name, value, ttlMs) => {
      const expiresAt = ttlMs === null ? Infinity : clock.now() + ttlMs
      const holders = new Map([[value, { mode: 'exclusive' as const, fence: FOREIGN_FENCE, expiresAt }]])
      store.names.set(name, { holders, line: [] })
    },
    readRaw: async (name) => {
      const entries = [...(store.names.get(name)?.holders ?? [])].filter(([, hold]) => hold.expiresAt > clock.now())
      return entries[0]?.[0] ?? null
    },
    remove: async (name) => {
      store.names.delete(name)
      oddities.delete(name)
    },
    plantOtherType: async (name) => void oddities.add(name),
  }
}

/** Removes a foreign value, which a backend may do for an eviction only. */
export function dropForeign(kit: Kit, name: string): void {
  if (isForeign(kit, name)) kit.store.names.delete(name)
}

function meetingForeigners(kit: Kit, inner: LockBackend): LockBackend {
  const { oddities } = kit
  const wrongType = (): BackendError => new BackendError('wrong type', { executed: 'no', retryable: false })
  const plain = async <T>(name: string, step: () => Promise<T>): Promise<T> => {
    if (oddities.has(name)) throw wrongType()
    return step()
  }
  return Object.freeze({
    ...inner,
    acquire: ({ steal = false, ...claim }) =>
      plain(claim.name, () => inner.acquire(steal && !isForeign(kit, claim.name) ? { ...claim, steal } : claim)),
    extend: async (claims) => {
      const outcomes = await inner.extend(claims)
      return claims.map((claim, index) =>
        oddities.has(claim.name) ? { status: 'unknown', cause: wrongType() } : (outcomes[index] ?? { status: 'lost' }),
      )
    },
    release: (ownership) => plain(ownership.name, () => inner.release(ownership)),
    inspect: (name) =>
      plain(name, async () => {
        const seen = await inner.inspect(name)
        return seen && shown(seen)
      }),
    evict: async (name) => oddities.delete(name) || inner.evict(name),
    async *list(call) {
      for await (const inspection of inner.list?.(call) ?? []) yield shown(inspection)
    },
  } satisfies LockBackend)
}

function shown(inspection: Inspection): Inspection {
  const holders = inspection.holders.map(({ owner, remainingMs, fence }) => ({
    owner,
    remainingMs: remainingMs === Infinity ? null : remainingMs,
    fence: fence === FOREIGN_FENCE ? null : fence,
  }))
  return { ...inspection, holders }
}
