/** Writes a value for a message: short, on one line, never throwing, `undefined` and `Infinity` included. */
export function show(value: unknown): string {
  const text = write(value, 4)
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}

/** The whole value in writing, so that equal values, and only those, read the same. */
export function written(value: unknown): string {
  return write(value, Infinity)
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (depth === 0) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth - 1)).join(', ')}]`
  const fields = Object.entries(value).map(([key, item]) => `${key}: ${write(item, depth - 1)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}
