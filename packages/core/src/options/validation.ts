import { describeValue, quoteName } from '../errors/messages.js'
import type { Capabilities, LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import { LockError } from '../errors/errors.js'
import { checkKnown } from './known-options.js'

// Mistakes, told before any command is sent: a TypeError for what is of the wrong kind, a RangeError for what is out
// of bounds.

const MIN_TTL_MS = 10
export const MAX_TTL_MS: number = 2 ** 31 - 1
const MAX_NAME_BYTES = 1024
const MAX_LABEL_BYTES = 256

/** A name must be a non-empty, well-formed string of at most 1024 UTF-8 bytes. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw new TypeError(`a lock's name must be a string, got ${describeValue(name)}`)
  if (name === '') throw new RangeError("a lock's name must not be empty")
  if (!name.isWellFormed()) throw new RangeError("a lock's name must be well-formed Unicode: it holds a lone surrogate")
  const bytes = utf8Bytes(name, MAX_NAME_BYTES)
  if (bytes > MAX_NAME_BYTES)
    throw new RangeError(`a lock's name must be at most ${MAX_NAME_BYTES} UTF-8 bytes, got ${bytes}`)
}

/** One name, or several that differ, of which the caller may change the list. */
export function checkNames(name: unknown): string | readonly string[] {
  if (!Array.isArray(name)) {
    checkName(name)
    return name
  }
  if (name.length === 0) throw new TypeError('a list of names must not be empty')
  const names: string[] = []
  const seen = new Set<string>()
  for (const one of name as unknown[]) {
    checkName(one)
    if (seen.has(one)) throw new TypeError(`a name is given twice: ${quoteName(one)}`)
    seen.add(one)
    names.push(one)
  }
  return names.length === 1 ? (names[0] as string) : names
}

export function checkContext(context: unknown): void {
  if (context === undefined) return
  const { run, current } = (context ?? {}) as { run?: unknown; current?: unknown }
  if (typeof run === 'function' && typeof current === 'function') return
  throw new TypeError(`context must be made by asyncContext(), got ${describeValue(context)}`)
}

export function checkTtl(ttlMs: unknown): asserts ttlMs is number {
  if (typeof ttlMs !== 'number')
    throw new TypeError(`ttlMs must be a number of milliseconds, got ${describeValue(ttlMs)}`)
  if (!Number.isSafeInteger(ttlMs) || ttlMs < MIN_TTL_MS || ttlMs > MAX_TTL_MS) {
    throw new RangeError(`ttlMs must be an integer from ${MIN_TTL_MS} to ${MAX_TTL_MS}, got ${ttlMs}`)
  }
}

/** Milliseconds that may be endless. */
export function checkSpan(option: string, value: unknown): asserts value is number {
  if (typeof value !== 'number')
    throw new TypeError(`${option} must be a number of milliseconds, got ${describeValue(value)}`)
  if (!(value >= 0)) throw new RangeError(`${option} must not be negative, got ${value}`)
}

export function checkLabel(label: unknown): asserts label is string {
  if (typeof label !== 'string') throw new TypeError(`label must be a string, got ${describeValue(label)}`)
  if (!label.isWellFormed()) throw new RangeError('label must be well-formed Unicode: it holds a lone surrogate')
  if (utf8Bytes(label, MAX_LABEL_BYTES) > MAX_LABEL_BYTES)
    throw new RangeError(`label must be at most ${MAX_LABEL_BYTES} UTF-8 bytes`)
}

export function checkTimeout(attemptTimeoutMs: unknown): number | undefined {
  if (attemptTimeoutMs === undefined) return undefined
  checkSpan('attemptTimeoutMs', attemptTimeoutMs)
  if (attemptTimeoutMs === 0) throw new RangeError('attemptTimeoutMs must be greater than 0')
  return attemptTimeoutMs
}

const METHODS = ['acquire', 'extend', 'release', 'inspect', 'evict'] as const

export function checkBackend(backend: unknown): asserts backend is LockBackend {
  if (typeof backend === 'function')
    throw new TypeError('createLocker needs a backend, got a function: call it, as in ioredisBackend(client)')
  if (typeof backend !== 'object' || backend === null) {
    throw new TypeError(
      `createLocker needs a backend, got ${describeValue(backend)}: pass one, such as memoryBackend()`,
    )
  }
  const { specVersion, capabilities } = backend as Partial<LockBackend>
  const missing: string[] = METHODS.filter((method) => typeof (backend as LockBackend)[method] !== 'function')
  if (typeof capabilities !== 'object' || capabilities === null) missing.push('capabilities')
  if (missing.length > 0) {
    throw new TypeError(
      `createLocker needs a backend, got an object without ${missing.join(', ')}: a client is wrapped by its adapter first, such as ioredisBackend(client)`,
    )
  }
  if (specVersion !== 1)
    throw new TypeError(`this locker needs a LockBackend of specVersion 1, got ${describeValue(specVersion)}`)
}

export function checkClock(clock: unknown): asserts clock is Clock {
  const needed = ['now', 'wallNow', 'setTimeout', 'clearTimeout'] as const
  const lacks = needed.filter((method) => typeof (clock as Partial<Clock> | null)?.[method] !== 'function')
  if (lacks.length > 0) throw new TypeError(`this is not a clock: it lacks ${lacks.join(', ')}`)
}

/** Refuses a backend that lacks what is required of it. */
export function checkRequired(requires: Partial<Capabilities>, { name, capabilities }: LockBackend): void {
  checkKnown('requires', requires)
  for (const [capability, wanted] of Object.entries(requires)) {
    const offered = capabilities[capability as keyof Capabilities]
    if (wanted !== false && wanted !== undefined && wanted !== offered) {
      throw new LockError(
        'LOCK_UNSUPPORTED',
        `the backend ${name} does not offer ${capability}: ${describeValue(wanted)}`,
      )
    }
  }
}

export function checkCount(option: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, got ${describeValue(value)}`)
  if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 1)) {
    throw new RangeError(`${option} must be an integer of at least 1, or Infinity, got ${value}`)
  }
}

export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof (value as AbortSignal | null)?.aborted === 'boolean' &&
    typeof (value as AbortSignal).addEventListener === 'function'
  )
}

/** Counts only where it could exceed the limit: a UTF-16 unit is at most three bytes. */
function utf8Bytes(text: string, limit: number): number {
  return text.length * 3 <= limit ? text.length : new TextEncoder().encode(text).length
}
