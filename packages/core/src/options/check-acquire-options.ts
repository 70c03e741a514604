import { checkOptions } from '../errors/unknown-options.js'
import { acquireOptionNames } from './known-options.js'
import type { AcquireOptions } from './options.js'
import { checkAcquireValues } from './settings.js'

/** A signal and a lease belong to a call. Long before it, there is neither. */
const OF_CALL: readonly string[] = ['signal', 'within']

/**
 * Refuses an unknown option of an acquisition, and a bad value, as `acquire` would do it. For code that takes options long
 * before it acquires, such as a decorator: `signal` and `within` are unknown here.
 * @param caller the function whose options they are, as the message begins: `@Locked`.
 * @param options the options, which may hold options of the caller's own.
 * @param more the names of the caller's own options. Default: none. Their values are not looked at.
 * @throws TypeError, RangeError
 */
export function checkAcquireOptions(
  caller: string,
  options: Omit<AcquireOptions, 'signal' | 'within'>,
  more: readonly string[] = [],
): void {
  const early = [...acquireOptionNames].filter((name) => !OF_CALL.includes(name))
  checkOptions(caller, options, new Set([...more, ...early]))
  checkAcquireValues(options)
}
