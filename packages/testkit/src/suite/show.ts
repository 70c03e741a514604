/** Writes a value for a message: short, on one line, never throwing, `undefined` and `Infinity` included. */
export function show(value: unknown): string {
  const all = write(value, 4)
  return all.length > 400 ? `${all.slice(0, 400)}…` : all
}

/** The whole value in writing: equal values read the same, different values do not. */
export function written(value: unknown): string {
  return write(value, Infinity)
}

/** Characters that cannot be seen, and characters that look like another one, such as the Kelvin sign. */
const UNSEEN = /[\p{C}\p{Z}\p{M}]/u
/** Most texts: nothing of it is escaped, and each call of the suite writes some. */
const ASCII = /^[ -~]*$/

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'function') return 'a function'
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (depth === 0) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth - 1)).join(', ')}]`
  const fields = Object.entries(value).map(([key, item]) => `${key}: ${write(item, depth - 1)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** Two texts that differ only in characters that look alike, or cannot be seen, read differently. */
function text(value: string): string {
  if (ASCII.test(value)) return JSON.stringify(value)
  const escaped = (character: string): string => {
    if (character === ' ' || (!UNSEEN.test(character) && character.normalize('NFC') === character)) return character
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
  }
  return Array.from(JSON.stringify(value), escaped).join('')
}
