import { InvalidArgumentError, Option } from 'commander'

/** The longest that a timer can hold, in seconds; core splits longer waits itself. */
const MOST_SECONDS = 2_147_483

/** A span in seconds from 0, as milliseconds. */
export function milliseconds(text: string): number {
  const seconds = number(text)
  if (!(seconds >= 0 && seconds <= MOST_SECONDS))
    throw new InvalidArgumentError(`It must be a number of seconds from 0 to ${MOST_SECONDS}.`)
  return Math.round(seconds * 1_000)
}

/**
 * An option that takes a span in seconds, as milliseconds.
 * @param seconds its default.
 * @param leastMs the shortest span. Default: 1.
 */
export function spanOption(flags: string, description: string, seconds: number, leastMs = 1): Option {
  const parse = (text: string): number => {
    const ms = milliseconds(text)
    if (ms < leastMs) throw new InvalidArgumentError(`It must be at least ${leastMs / 1_000} seconds.`)
    return ms
  }
  return new Option(flags, description).argParser(parse).default(seconds * 1_000, `${seconds}`)
}

/** How many may share a name: a whole number from 1, or `inf`. */
export function limit(text: string): number {
  if (text === 'inf') return Infinity
  const value = number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1, or inf.')
  return value
}

/** A number in decimal digits; anything else, such as an empty text or a hexadecimal one, is none. */
const number = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN)
