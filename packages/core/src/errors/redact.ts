import { isError } from './messages.js'

const HIDDEN = '[hidden]'
const DEPTH = 4
/** The random part of every owner, of whichever lease: a client may tell of all that were in one call. */
const OWNERS = /~[0-9a-f]{32}/g
const MOST_OBJECTS = 1_000

/**
 * A copy of a client's error that is safe to show: name, message, code, stack and causes, with every
 * secret and every credential in a URL taken out, and nothing else of what the client attached to it.
 */
export function redact(error: unknown, secrets: readonly string[], depth: number = DEPTH): Error {
  const hide = (text: string): string => {
    let safe = text.replace(/\/\/[^/@\s]+@/g, `//${HIDDEN}@`).replace(OWNERS, `~${HIDDEN}`)
    for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, HIDDEN)
    return safe
  }
  if (!isError(error)) return new Error(hide(String(error)))
  const { name, message, stack, code, cause } = error as Error & { code?: unknown }
  const copy = new Error(hide(message))
  copy.name = name
  copy.stack = hide(stack ?? `${name}: ${message}`)
  if (typeof code === 'string') Object.assign(copy, { code })
  if (cause !== undefined && depth > 0) copy.cause = redact(cause, secrets, depth - 1)
  return copy
}

/** The error itself, or a redacted copy if it shows the secret or any owner anywhere: for backends that are not ours. */
export function redactIfLeaking(error: unknown, secret: string): unknown {
  return shows(error, secret) ? redact(error, [secret]) : error
}

/** Whether a secret can be found in what is printed of a value. What is too large to tell counts as if it did. */
function shows(value: unknown, secret: string): boolean {
  const seen = new Set<unknown>()
  const found: unknown[] = [value]
  for (const each of found) {
    if (typeof each === 'string' && (each.includes(secret) || each.search(OWNERS) >= 0)) return true
    if ((typeof each !== 'object' && typeof each !== 'function') || each === null || seen.has(each)) continue
    if (seen.size === MOST_OBJECTS) return true
    seen.add(each)
    if (each instanceof Map || each instanceof Set) found.push(...each.keys(), ...each.values())
    try {
      for (const key of Reflect.ownKeys(each)) found.push(key, Reflect.get(each, key))
    } catch {
      return true
    }
  }
  return false
}
