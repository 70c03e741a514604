import { inspect } from 'node:util'

/** Looks for secrets where none may be. */
export interface SecretWatch {
  readonly add: (secret: string) => void
  /** Looks into all texts that a value shows: as text, as JSON, by `inspect`. */
  readonly look: (where: string, value: unknown) => void
}

const MOST = 400

/** `onLeak` is called with the place, never with the secret. */
export function watchSecrets(known: readonly string[], onLeak: (where: string) => void): SecretWatch {
  const recent: string[] = []
  return {
    add: (secret) => {
      recent.push(secret)
      if (recent.length > MOST) recent.shift()
    },
    look: (where, value) => {
      const text = shown(value)
      if ([...known, ...recent].some((secret) => text.includes(secret))) onLeak(where)
    },
  }
}

function shown(value: unknown): string {
  const stack = value instanceof Error ? (value.stack ?? '') : ''
  return `${String(value)}\n${stack}\n${inspect(value, { depth: 6 })}\n${asJson(value)}`
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
