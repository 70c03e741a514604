import { checkOptions } from '@holdfast/core/backend'
import type { ConformanceOptions } from './run.js'

// A mistake is thrown before anything is opened: a TypeError for a value of the wrong kind, a RangeError for a value out
// of bounds. Values are not shown where they may hold a password.

const NAMES: ReadonlySet<string> = new Set([
  'cases',
  'concurrency',
  'limitMs',
  'seed',
  'effort',
  'onStart',
  'onResult',
] satisfies (keyof ConformanceOptions)[])

/** Refuses an option of a run that does not exist, and a bad value. `caller` is the function that has the options. */
export function checkConformanceOptions(caller: string, options: ConformanceOptions): void {
  checkOptions(caller, options, NAMES)
  const { cases = [], concurrency = 1, limitMs = 1, seed = 0, effort = 1, onStart, onResult } = options
  checkCases(cases)
  checkNumber(
    'concurrency',
    concurrency,
    'an integer of 1 or more',
    Number.isSafeInteger(concurrency) && concurrency > 0,
  )
  checkNumber('limitMs', limitMs, 'greater than 0', limitMs > 0)
  checkNumber('seed', seed, 'an integer', Number.isSafeInteger(seed))
  checkNumber('effort', effort, 'greater than 0', effort > 0)
  for (const [name, hook] of Object.entries({ onStart, onResult })) {
    if (hook !== undefined && typeof hook !== 'function') {
      throw new TypeError(`${name} must be a function, got ${kindOf(hook)}`)
    }
  }
}

function checkCases(cases: unknown): void {
  if (!Array.isArray(cases)) throw new TypeError(`cases must be an array of cases, got ${kindOf(cases)}`)
  for (const one of cases as unknown[]) {
    if (typeof memberOf(one, 'run') !== 'function') {
      throw new TypeError('cases must be an array of cases: filter conformanceCases by id')
    }
  }
}

/** Refuses a value that is no number, and a number that is not `right`; `must` says what it must be. */
export function checkNumber(what: string, value: unknown, must: string, right: boolean): void {
  if (typeof value !== 'number') throw new TypeError(`${what} must be a number, got ${kindOf(value)}`)
  if (!right) throw new RangeError(`${what} must be ${must}, got ${value}`)
}

/** Refuses a duration or a time that would make a clock `NaN`, or endless. */
export function checkMilliseconds(caller: string, value: unknown): asserts value is number {
  if (Number.isFinite(value)) return
  const got = typeof value === 'number' ? value : kindOf(value)
  throw new TypeError(`${caller} needs a number of milliseconds, got ${got}`)
}

/** The kind of a value, with a hint where it is a promise. */
export function kindOf(got: unknown): string {
  if (got === null) return 'null'
  return typeof memberOf(got, 'then') === 'function' ? 'a promise: await it first' : typeof got
}

/** A member of a value of any type. */
export function memberOf(value: unknown, name: string): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined
  return Reflect.get(value, name)
}
