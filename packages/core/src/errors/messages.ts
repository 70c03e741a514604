const SHOWN = 64

/** A name as it appears in messages: quoted, escaped, and not endless. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name)
}

/** A value as it appears in messages: short, and without what it holds. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 32))
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'bigint' ? `${value}n` : String(value)
}

/** Whether this is an error, also of another realm, such as a test environment or a sandbox. */
export function isError(value: unknown): value is Error {
  if (value instanceof Error) return true
  if (typeof value !== 'object' || value === null) return false
  const { name, message }: Partial<Error> = value
  return typeof name === 'string' && typeof message === 'string'
}

/** The message of an error; of another value, its text. */
export function messageOf(cause: unknown): string {
  return isError(cause) ? cause.message : String(cause)
}
