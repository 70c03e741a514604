import { labelOf } from '../owner-token.js'

/** The locks of lock managers are names of their own, apart from those that a locker is asked for. */
const NAMESPACE = 'web:'
/** No escape begins like this, so that no short name is taken for a long one. */
const DIGEST = `${NAMESPACE}%#`
/** In UTF-8 bytes, so that every backend takes it for a name. */
const LONGEST_NAME = 1_000

const UNSAFE = /%|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
const ESCAPE = /%([0-9A-F]{4})/g
/** How a client is told from other holders. */
const CLIENT = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** How the store knows a request of a client. */
export interface StoreName {
  readonly name: string
  /** Shown as its holder. */
  readonly label: string
}

/**
 * Any string as a valid name, different ones as different names: what is not well-formed Unicode is escaped, and so is
 * the sign of the escape. One that is too long is known by its SHA-256, and written out beside the client's id.
 */
export async function toStoreName(name: string, clientId: string): Promise<StoreName> {
  const text = escape(name)
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= LONGEST_NAME) return { name: NAMESPACE + text, label: clientId }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { name: DIGEST + hex, label: `${text.length}:${text}${clientId}` }
}

/** Which request of which client the store shows, or `undefined` for what is not a lock manager's. */
export function fromStoreName(name: string, owner: string): { name: string; clientId: string } | undefined {
  const label = labelOf(owner)
  if (label === null || !CLIENT.test(label) || !name.startsWith(NAMESPACE)) return undefined
  if (!name.startsWith(DIGEST)) return { name: unescape(name.slice(NAMESPACE.length)), clientId: label }
  const length = Number.parseInt(label, 10)
  const from = label.indexOf(':') + 1
  return { name: unescape(label.slice(from, from + length)), clientId: label.slice(from + length) }
}

const escape = (text: string): string =>
  text.replace(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)

const unescape = (text: string): string =>
  text.replace(ESCAPE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
