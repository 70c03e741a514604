import type { Claim, LockBackend } from '@holdfast/core'
import { ownerOf } from './owners.js'

/** One attempt at the store: the state that it needs before, and the call. */
export interface Deed {
  readonly what: string
  readonly before: (admin: LockBackend, name: string) => Promise<unknown>
  readonly act: (user: LockBackend, name: string) => Promise<unknown>
}

const LINE_MS = 9_000

const claim = (name: string, owner: string, more: Partial<Claim> = {}): Claim => ({
  name,
  owner: ownerOf(owner),
  ttlMs: 60_000,
  mode: 'exclusive',
  limit: 1,
  ...more,
})
const shared = (name: string, owner: string, more: Partial<Claim> = {}): Claim =>
  claim(name, owner, { mode: 'shared', limit: Infinity, ...more })

const nothing = async (): Promise<void> => {}
const held = (admin: LockBackend, name: string): Promise<unknown> => admin.acquire(claim(name, 'a'))
const queued = async (admin: LockBackend, name: string): Promise<unknown> => {
  await held(admin, name)
  return admin.acquire(claim(name, 'b', { lineMs: LINE_MS }))
}
const read = (admin: LockBackend, name: string): Promise<unknown> => admin.acquire(shared(name, 'a'))

/** Attempts that take every way through the scripts. */
export const deeds: readonly Deed[] = [
  { what: 'takes what is free', before: nothing, act: (by, name) => by.acquire(claim(name, 'c')) },
  { what: 'tries what is held', before: held, act: (by, name) => by.acquire(claim(name, 'c')) },
  { what: 'waits', before: held, act: (by, name) => by.acquire(claim(name, 'c', { lineMs: LINE_MS })) },
  { what: 'waits behind others', before: queued, act: (by, name) => by.acquire(claim(name, 'c', { lineMs: LINE_MS })) },
  { what: 'steals', before: held, act: (by, name) => by.acquire(claim(name, 'c', { steal: true })) },
  { what: 'repeats', before: held, act: (by, name) => by.acquire(claim(name, 'a')) },
  { what: 'extends', before: held, act: (by, name) => by.extend([claim(name, 'a')]) },
  { what: 'reserves fences', before: held, act: (by, name) => by.extend([claim(name, 'a', { fences: 3 })]) },
  { what: 'releases', before: held, act: (by, name) => by.release({ name, owner: ownerOf('a') }) },
  { what: 'releases to a line', before: queued, act: (by, name) => by.release({ name, owner: ownerOf('a') }) },
  { what: 'releases later', before: held, act: (by, name) => by.release({ name, owner: ownerOf('a'), keepMs: 9_000 }) },
  { what: 'leaves the line', before: queued, act: (by, name) => by.release({ name, owner: ownerOf('b') }) },
  { what: 'inspects', before: queued, act: (by, name) => by.inspect(name) },
  { what: 'evicts', before: queued, act: (by, name) => by.evict(name) },
  { what: 'shares what is free', before: nothing, act: (by, name) => by.acquire(shared(name, 'c')) },
  { what: 'shares', before: read, act: (by, name) => by.acquire(shared(name, 'c')) },
  { what: 'waits to share', before: held, act: (by, name) => by.acquire(shared(name, 'c', { lineMs: LINE_MS })) },
  { what: 'repeats as shared', before: queued, act: (by, name) => by.acquire(shared(name, 'a')) },
  { what: 'changes to shared', before: queued, act: (by, name) => by.extend([shared(name, 'a')]) },
  { what: 'steals from readers', before: read, act: (by, name) => by.acquire(claim(name, 'c', { steal: true })) },
  { what: 'steals to share', before: queued, act: (by, name) => by.acquire(shared(name, 'c', { steal: true })) },
  { what: 'extends shared', before: read, act: (by, name) => by.extend([shared(name, 'a')]) },
  { what: 'releases shared', before: read, act: (by, name) => by.release({ name, owner: ownerOf('a') }) },
  { what: 'inspects shared', before: read, act: (by, name) => by.inspect(name) },
  { what: 'evicts readers', before: read, act: (by, name) => by.evict(name) },
]
