import { hashTag, slotOf, tagInSlot } from './slot.js'

/** A key beside a lock key: its fence (`f`), its line (`l`), the places in the line (`p`). */
export type SideKind = 'f' | 'l' | 'p'

/** No valid name is as long as this, in UTF-8 bytes, so that a key as long cannot be a lock key. */
const LONGER_THAN_A_NAME = 1025

/** The key of an exclusive lease: the layout of every single-instance Redlock implementation. */
export function lockKey(prefix: string, name: string): string {
  return prefix + name
}

/**
 * The key of something beside a lock key.
 *
 * It lies in the lock key's Cluster slot, differs for different lock keys, and is no lock key itself: with a prefix,
 * because it begins with another character; without one, because it is longer than any name.
 */
export function sideKey(prefix: string, lock: string, side: SideKind): string {
  const key = lock.includes('{') || lock.includes('}') ? tagged(lock, side) : `{${lock}}:${side}`
  return prefix === '' ? '.'.repeat(Math.max(0, LONGER_THAN_A_NAME - key.length)) + key : key
}

/** For a lock key with braces: in the slot of its own hash tag, if it has one, else of a tag made for its slot. */
function tagged(lock: string, side: SideKind): string {
  const key = `{${hashTag(lock) ?? tagInSlot(slotOf(lock))}}:${side}:${lock}`
  return lock.startsWith('{') ? `:${key}` : key
}

/** The name whose lock key, or whose line, this key is; `undefined` when there can be none. */
export function nameOfKey(prefix: string, key: string): string | undefined {
  const after = key.indexOf('}:l:')
  const lock = after < 0 ? key.replace(/^\.*{/, '').slice(0, -3) : key.slice(after + 4)
  const waitedFor = sideKey(prefix, lock, 'l') === key ? nameOfLock(prefix, lock) : undefined
  return waitedFor ?? nameOfLock(prefix, key)
}

function nameOfLock(prefix: string, lock: string): string | undefined {
  const name = lock.slice(prefix.length)
  const valid = lock.startsWith(prefix) && name !== '' && new TextEncoder().encode(name).length < LONGER_THAN_A_NAME
  return valid ? name : undefined
}

/** The keys of a name, in the order of the scripts: lock, fence, line, places. */
export function keysOf(prefix: string, name: string): string[] {
  const lock = lockKey(prefix, name)
  return [lock, sideKey(prefix, lock, 'f'), sideKey(prefix, lock, 'l'), sideKey(prefix, lock, 'p')]
}

/** A name is most often used again, at least to release it; more names than this are rare at one time. */
const REMEMBERED = 256

/** {@link keysOf}, which keeps the keys of names used lately. The caller must not write to its arrays. */
export function createKeyCache(prefix: string): (name: string) => string[] {
  const known = new Map<string, string[]>()
  return (name) => {
    const remembered = known.get(name)
    if (remembered !== undefined) return remembered
    if (known.size >= REMEMBERED) known.clear()
    const keys = keysOf(prefix, name)
    known.set(name, keys)
    return keys
  }
}
