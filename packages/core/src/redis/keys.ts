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

/** The name whose lock key this is, or whose line, if it can be one. */
export function nameOf(prefix: string, key: string): string | undefined {
  const after = key.indexOf('}:l:')
  const lined = after < 0 ? key.replace(/^\.*{/, '').slice(0, -3) : key.slice(after + 4)
  const lock = sideKey(prefix, lined, 'l') === key ? lined : key
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

/** {@link keysOf} names that come again. Not to be written. */
export function createKeyring(prefix: string): (name: string) => string[] {
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
