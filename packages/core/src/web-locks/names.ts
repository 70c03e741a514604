import { labelOf } from '../owner-token.js'

/** Keeps the names of lock managers apart from the names that a locker is asked for. */
const NAMESPACE = 'web:'
/** Stands before a digest. No escape begins with it, so that no short name is equal to the digest of a long one. */
const DIGEST = `${NAMESPACE}%#`
/** In UTF-8 bytes. With the namespace before it, a name of this length is within the 1,024 bytes of every backend. */
const MAX_NAME_BYTES = 1_000

const UNSAFE = /%|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
const ESCAPE = /%([0-9A-F]{4})/g
/** The end of a client's id. The label of a lease that a locker was asked for does not end like this. */
const CLIENT = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A new id for a client, drawn at random. It begins with the locker's label. */
export function newClientId(label: string): string {
  const id = crypto.randomUUID()
  return label === '' ? id : `${label} ${id}`
}

/** The name and the label that a request of a client has at the store. */
export interface StoreName {
  readonly name: string
  readonly label: string
}

/**
 * Makes a valid store name of any string, and different store names of different strings.
 *
 * - A lone surrogate is escaped, and so is the sign of the escape.
 * - A string that is then too long becomes its SHA-256, and the label carries the string before the client's id.
 */
export async function toStoreName(name: string, clientId: string): Promise<StoreName> {
  const text = escape(name)
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= MAX_NAME_BYTES) return { name: NAMESPACE + text, label: clientId }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { name: DIGEST + hex, label: `${text.length}:${text}${clientId}` }
}

/** The name and the client of a holder or a waiter at the store, or `undefined` when it is not of a lock manager. */
export function fromStoreName(name: string, owner: string): { name: string; clientId: string } | undefined {
  const label = labelOf(owner)
  if (label === null || !CLIENT.test(label) || !name.startsWith(NAMESPACE)) return undefined
  if (!name.startsWith(DIGEST)) return { name: unescape(name.slice(NAMESPACE.length)), clientId: label }
  const length = Number.parseInt(label, 10)
  const from = label.indexOf(':') + 1
  return { name: unescape(label.slice(from, from + length)), clientId: label.slice(from + length) }
}

/** The name of a request in the events of its locker: the store name, unless that is a digest. */
export const toEventName = (name: string): string => NAMESPACE + escape(name)

const escape = (text: string): string =>
  text.replace(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)

const unescape = (text: string): string =>
  text.replace(ESCAPE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
