import type { AcquireOutcome, Claim, Inspection, LockBackend, MemoryStore } from '@holdfast/core'
import type { Kit } from '../reference.js'

/** A backend that breaks one promise, and the cases that were written to notice. */
export interface Mutant {
  /** The mistake of the backend, as a bug report would say it. */
  readonly wrong: string
  /** Ids of the cases that must reject it. */
  readonly killedBy: readonly string[]
  /** Called once per store. The result wraps each handle. */
  readonly wrapFor: (kit: Kit) => Wrap
}

/** Wraps a handle. The result has `close` if the wrong backend acts when the handle closes. */
export type Wrap = (inner: LockBackend, index: number) => LockBackend & { close?(): void }
export type Room = MemoryStore['names'] extends Map<string, infer R> ? R : never

export function mutant(wrong: string, killedBy: string | readonly string[], wrapFor: Mutant['wrapFor']): Mutant {
  return { wrong, killedBy: typeof killedBy === 'string' ? [killedBy] : killedBy, wrapFor }
}

/** Changes every claim before it is sent. */
export function claiming(change: (claim: Claim) => Claim): () => Wrap {
  return () => (inner) => ({ ...inner, acquire: (claim) => inner.acquire(change(claim)) })
}

/** Changes the answer to every claim. */
export function answering(change: (outcome: AcquireOutcome, claim: Claim) => AcquireOutcome): () => Wrap {
  return () => (inner) => ({ ...inner, acquire: async (claim) => change(await inner.acquire(claim), claim) })
}

/** Changes the answer of inspect. */
export function showing(change: (inspection: Inspection) => Inspection | null): () => Wrap {
  return () => (inner) => ({
    ...inner,
    inspect: async (name) => {
      const seen = await inner.inspect(name)
      return seen === null ? null : change(seen)
    },
  })
}

/** Changes every name on its way into the store. */
export function renaming(change: (name: string) => string): () => Wrap {
  return () => (inner) => ({
    ...inner,
    acquire: (claim) => inner.acquire({ ...claim, name: change(claim.name) }),
    extend: (claims) => inner.extend(claims.map((claim) => ({ ...claim, name: change(claim.name) }))),
    release: (ownership) => inner.release({ ...ownership, name: change(ownership.name) }),
    evict: (name) => inner.evict(change(name)),
    inspect: async (name) => {
      const seen = await inner.inspect(change(name))
      return seen === null ? null : { ...seen, name }
    },
  })
}

/** Changes every owner on its way into the store. */
export function reowning(change: (owner: string, index: number) => string): () => Wrap {
  return () => (inner, index) => ({
    ...inner,
    acquire: (claim) => inner.acquire({ ...claim, owner: change(claim.owner, index) }),
    extend: (claims) => inner.extend(claims.map((claim) => ({ ...claim, owner: change(claim.owner, index) }))),
    release: (ownership) => inner.release({ ...ownership, owner: change(ownership.owner, index) }),
  })
}

/** The token of the present holder. */
export async function holderOf(backend: LockBackend, name: string): Promise<string | undefined> {
  return (await backend.inspect(name))?.holders[0]?.owner
}

/** Sets the end of every hold on a name. */
export function endingAt({ store }: Kit, name: string, expiresAt: (old: number, owner: string) => number): void {
  for (const [owner, hold] of store.names.get(name)?.holders ?? []) hold.expiresAt = expiresAt(hold.expiresAt, owner)
}

/** The state of a name, as it lies in the store: expired holds and places may still be in it. */
export function roomOf({ store }: Kit, name: string): Room {
  const state = store.names.get(name) ?? { holders: new Map(), line: [] }
  store.names.set(name, state)
  return state
}

/** A turn of the event loop: long enough for everything else that is ready. */
export function gap(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A grant that the store did not make. */
export function fake(claim: Claim, fence: number | null = 1): AcquireOutcome {
  return { acquired: true, validMs: claim.ttlMs, fence }
}
