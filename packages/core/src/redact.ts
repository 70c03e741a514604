const HIDDEN = '[hidden]'
const DEPTH = 4

/**
 * A copy of a client's error that is safe to show: name, message, code, stack and causes, with every
 * secret and every credential in a URL taken out, and nothing else of what the client attached to it.
 */
export function redact(error: unknown, secrets: readonly string[], depth: number = DEPTH): Error {
  const hide = (text: string): string => {
    let safe = text.replace(/\/\/[^/@\s]+@/g, `//${HIDDEN}@`)
    for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, HIDDEN)
    return safe
  }
  if (!(error instanceof Error)) return new Error(hide(String(error)))
  const { name, message, stack, code, cause } = error as Error & { code?: unknown }
  const copy = new Error(hide(message))
  copy.name = name
  copy.stack = hide(stack ?? `${name}: ${message}`)
  if (typeof code === 'string') Object.assign(copy, { code })
  if (cause !== undefined && depth > 0) copy.cause = redact(cause, secrets, depth - 1)
  return copy
}

/** The error itself, or a redacted copy if it shows the secret anywhere: for backends that are not ours. */
export function withoutSecret(error: unknown, secret: string): unknown {
  return shows(error, secret, DEPTH) ? redact(error, [secret]) : error
}

function shows(value: unknown, secret: string, depth: number): boolean {
  if (typeof value === 'string') return value.includes(secret)
  if (typeof value !== 'object' || value === null || depth === 0) return false
  return Object.getOwnPropertyNames(value).some((key) => shows(Reflect.get(value, key), secret, depth - 1))
}

/** What an error says, in words. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
