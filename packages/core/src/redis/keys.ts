import { hashTag, slotOf, tagInSlot } from './slot.js'

/** What stands beside a lock key. */
export type Side = 'f' | 'l' | 'p'

/** No valid name is as long as this, in UTF-8 bytes, so that a key as long cannot be a lock key. */
const LONGER_THAN_A_NAME = 1025

/** The key of an exclusive lease: what every single-instance Redlock implementation uses for the same resource. */
export function lockKey(prefix: string, name: string): string {
  return prefix + name
}

/**
 * The key of something beside a lock key: the fence (`f`), the line (`l`), the places in it (`p`).
 *
 * It lies in the lock key's Cluster slot, differs for different lock keys, and is no lock key itself: with a prefix,
 * because it begins with another character; without one, because it is longer than any name.
 */
export function sideKey(prefix: string, lock: string, side: Side): string {
  const key = lock.includes('{') || lock.includes('}') ? tagged(lock, side) : `{${lock}}:${side}`
  return prefix === '' ? '.'.repeat(Math.max(0, LONGER_THAN_A_NAME - key.length)) + key : key
}

/** For a lock key with braces: in the slot of its own hash tag, if it has one, else of one found for it. */
function tagged(lock: string, side: Side): string {
  const key = `{${hashTag(lock) ?? tagInSlot(slotOf(lock))}}:${side}:${lock}`
  return lock.startsWith('{') ? `:${key}` : key
}

/** A name is most often used again, at least to release it; more names than this are rare at one time. */
const REMEMBERED = 256

/** The keys of names, in the order of the scripts: lock, fence, line, places. Not to be written. */
export function createKeyring(prefix: string): (name: string) => string[] {
  const known = new Map<string, string[]>()
  return (name) => {
    const remembered = known.get(name)
    if (remembered !== undefined) return remembered
    if (known.size >= REMEMBERED) known.clear()
    const lock = lockKey(prefix, name)
    const keys = [lock, sideKey(prefix, lock, 'f'), sideKey(prefix, lock, 'l'), sideKey(prefix, lock, 'p')]
    known.set(name, keys)
    return keys
  }
}
