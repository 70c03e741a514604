import { checkName } from '../checks.js'

/** The locks of lock managers are names of their own, apart from those that a locker is asked for. */
const NAMESPACE = 'web:'

const ESCAPED = /%|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
const ESCAPE = /%(25|[0-9A-F]{4})/g

/**
 * Any string as a valid name, different ones as different names: what is not well-formed Unicode is escaped, and so is
 * the sign of the escape.
 * @throws RangeError when it is longer than a name can be.
 */
export function encodeName(name: string): string {
  const encoded = NAMESPACE + name.replace(ESCAPED, (char) => `%${char === '%' ? '25' : hex(char)}`)
  checkName(encoded)
  return encoded
}

/** What {@link encodeName} was given, or `undefined` for any other name. */
export function decodeName(encoded: string): string | undefined {
  if (!encoded.startsWith(NAMESPACE)) return undefined
  const name = encoded
    .slice(NAMESPACE.length)
    .replace(ESCAPE, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  return NAMESPACE + name.replace(ESCAPED, (char) => `%${char === '%' ? '25' : hex(char)}`) === encoded ? name : undefined
}

const hex = (char: string): string => char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
