import { describeValue, quoteName, wrongKind } from '../errors/messages.js'
import type { Capabilities, LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import { LockError } from '../errors/errors.js'
import { checkKnown } from './known-options.js'

// Mistakes are thrown before any command is sent: a TypeError for a value of the wrong kind, a RangeError for a value
// out of bounds.

const MIN_TTL_MS = 10
export const MAX_TTL_MS: number = 2 ** 31 - 1
const MAX_NAME_BYTES = 1024
const MAX_LABEL_BYTES = 256

/** A name must be a non-empty, well-formed string of at most 1024 UTF-8 bytes. */
export function checkName(name: unknown): asserts name is string {
  checkText("a lock's name", name, MAX_NAME_BYTES)
  if (name === '') throw new RangeError("a lock's name must not be empty")
}

/** Well-formed text. At most `maxBytes` UTF-8 bytes of it. */
export function checkText(what: string, text: unknown, maxBytes: number = Infinity): asserts text is string {
  if (typeof text !== 'string') throw wrongKind(`${what} must be a string`, text)
  if (!text.isWellFormed()) throw new RangeError(`${what} must be well-formed Unicode: it holds a lone surrogate`)
  // Counted only where it could exceed the limit: a UTF-16 unit is at most three bytes.
  const bytes = text.length * 3 <= maxBytes ? 0 : new TextEncoder().encode(text).length
  if (bytes > maxBytes) throw new RangeError(`${what} must be at most ${maxBytes} UTF-8 bytes, got ${bytes}`)
}

/**
 * Refuses a bad name, or a bad list of names, as `acquire` would do it. For code that takes names long before it acquires,
 * such as a decorator.
 * @returns the name, also of a list of one; else a copy of the list, because the caller may change it.
 * @throws TypeError, RangeError
 */
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
  throw wrongKind('context must be made by asyncContext()', context)
}

export function checkTtl(ttlMs: unknown): asserts ttlMs is number {
  if (typeof ttlMs !== 'number') throw wrongKind('ttlMs must be a number of milliseconds', ttlMs)
  if (!Number.isSafeInteger(ttlMs) || ttlMs < MIN_TTL_MS || ttlMs > MAX_TTL_MS) {
    throw new RangeError(`ttlMs must be an integer from ${MIN_TTL_MS} to ${MAX_TTL_MS}, got ${ttlMs}`)
  }
}

/** Milliseconds that may be endless. */
export function checkSpan(option: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') throw wrongKind(`${option} must be a number of milliseconds`, value)
  if (!(value >= 0)) throw new RangeError(`${option} must be a number of milliseconds, 0 or more, got ${value}`)
}

export function checkFlag(option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrongKind(`${option} must be true or false`, value)
}

export function checkLabel(label: unknown): asserts label is string {
  checkText('label', label, MAX_LABEL_BYTES)
}

export function checkTimeout(attemptTimeoutMs: unknown): number | undefined {
  if (attemptTimeoutMs === undefined) return undefined
  checkSpan('attemptTimeoutMs', attemptTimeoutMs)
  if (attemptTimeoutMs === 0) throw new RangeError('attemptTimeoutMs must be greater than 0')
  return attemptTimeoutMs
}

const METHODS = ['acquire', 'extend', 'release', 'inspect', 'evict'] as const

/** Says which mistake was made when a backend or a client was passed in place of options. */
export function checkIsOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null || 'backend' in options) return
  if ('acquire' in options) throw new TypeError('createLocker needs options, got a backend: createLocker({ backend })')
  if (Object.getPrototypeOf(options) === Object.prototype) return
  throw new TypeError(
    'createLocker needs options, got another object: wrap a client, createLocker({ backend: ioredisBackend(client) })',
  )
}

export function checkBackend(backend: unknown): asserts backend is LockBackend {
  if (typeof backend === 'function')
    throw new TypeError('createLocker needs a backend, got a function: call it, as in ioredisBackend(client)')
  if (typeof backend !== 'object' || backend === null) {
    throw new TypeError(
      `createLocker needs a backend, got ${describeValue(backend)}: pass one, such as memoryBackend()`,
    )
  }
  if ('then' in backend) throw new TypeError('createLocker needs a backend, got a promise: await it first')
  const { specVersion, capabilities } = backend as Partial<LockBackend>
  const missing: string[] = METHODS.filter((method) => typeof (backend as LockBackend)[method] !== 'function')
  if (typeof capabilities !== 'object' || capabilities === null) missing.push('capabilities')
  if (missing.length > 0) {
    throw new TypeError(
      `createLocker needs a backend, got an object without ${missing.join(', ')}: wrap a client, as in ioredisBackend(client)`,
    )
  }
  if (specVersion !== 1) throw wrongKind('this locker needs a LockBackend of specVersion 1', specVersion)
}

export function checkClock(clock: unknown): asserts clock is Clock {
  if (typeof clock !== 'object' || clock === null) throw wrongKind('clock must be a Clock', clock)
  const needed = ['now', 'wallNow', 'setTimeout', 'clearTimeout'] as const
  const lacks = needed.filter((method) => typeof (clock as Partial<Clock> | null)?.[method] !== 'function')
  if (lacks.length > 0) throw new TypeError(`clock must be a Clock, got an object without ${lacks.join(', ')}`)
}

/** Refuses a backend that lacks a required capability. */
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

export function checkCount(option: string, value: unknown, least = 1): asserts value is number {
  if (typeof value !== 'number') throw wrongKind(`${option} must be a number`, value)
  if (value !== Infinity && !(Number.isSafeInteger(value) && value >= least)) {
    throw new RangeError(`${option} must be an integer from ${least} to 2^53 − 1, or Infinity, got ${value}`)
  }
}

export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof (value as AbortSignal | null)?.aborted === 'boolean' &&
    typeof (value as AbortSignal).addEventListener === 'function' &&
    typeof (value as AbortSignal).removeEventListener === 'function'
  )
}
