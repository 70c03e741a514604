import { wrongKind } from './errors/messages.js'
import { checkOptions, optionNames } from './errors/unknown-options.js'

/** The input of a backoff. */
export interface BackoffInput {
  /** How many attempts have been made: 1 after the first. */
  readonly attempt: number
  /** The delay that this policy answered last time for this acquisition, 0 at first, in milliseconds. */
  readonly previousMs: number
  /** A number from 0 to below 1, drawn for this call. */
  readonly random: number
}

/**
 * How long to wait before the next attempt, in milliseconds. A pure function of its input,
 * so that a policy can be shared without one caller using up the attempts of another.
 */
export type Backoff = (input: BackoffInput) => number

/**
 * Always `delayMs` milliseconds: finite, not negative.
 * @throws `TypeError` when it is no number; `RangeError` when it is out of bounds
 */
export function fixed(delayMs: number): Backoff {
  checkDelay('fixed', 'delayMs', delayMs)
  return () => delayMs
}

/** Options of {@link exponential}, in milliseconds. */
export interface ExponentialOptions {
  /** The first delay. */
  readonly minMs: number
  /** No delay is longer. */
  readonly maxMs: number
  /** The factor from each delay to the next. Default 2. */
  readonly factor?: number | undefined
}

/** `minMs`, then `factor` times as much after each attempt, up to `maxMs`. From 0 it goes on with 1. No jitter. */
export function exponential(options: ExponentialOptions): Backoff {
  checkOptions('exponential', options, optionNames('minMs maxMs factor'))
  const { minMs, maxMs, factor = 2 } = options
  checkRange('exponential', minMs, maxMs)
  if (typeof factor !== 'number') throw wrongKind('exponential: factor must be a number', factor)
  if (!(factor >= 1 && factor < Infinity))
    throw new RangeError(`exponential: factor must be finite and at least 1, got ${factor}`)
  const grown = (times: number): number => Math.min(factor ** times, Number.MAX_VALUE)
  // The multiples of 0 are 0: from there it goes on with 1.
  if (minMs === 0) return ({ attempt }) => (attempt > 1 ? Math.min(maxMs, grown(attempt - 2)) : 0)
  return ({ attempt }) => Math.min(maxMs, minMs * grown(attempt - 1))
}

/** Options of {@link decorrelatedJitter}, in milliseconds. */
export interface JitterOptions {
  /** No delay is shorter. */
  readonly minMs: number
  /** No delay is longer. */
  readonly maxMs: number
}

/**
 * A random delay between `minMs` and three times the one before, up to `maxMs`.
 *
 * "Decorrelated jitter", from Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
 */
export function decorrelatedJitter(options: JitterOptions): Backoff {
  checkOptions('decorrelatedJitter', options, optionNames('minMs maxMs'))
  const { minMs, maxMs } = options
  checkRange('decorrelatedJitter', minMs, maxMs)
  return ({ previousMs, random }) => {
    // At least 1, because three times 0 would be 0 for ever.
    const highest = Math.max(minMs, previousMs, 1) * 3
    return Math.min(maxMs, minMs + random * (highest - minMs))
  }
}

function checkDelay(policy: string, option: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') throw wrongKind(`${policy}: ${option} must be a number of milliseconds`, value)
  if (!(value >= 0 && value < Infinity))
    throw new RangeError(`${policy}: ${option} must be finite and not negative, got ${value}`)
}

function checkRange(policy: string, minMs: unknown, maxMs: unknown): void {
  checkDelay(policy, 'minMs', minMs)
  checkDelay(policy, 'maxMs', maxMs)
  if (minMs > maxMs) throw new RangeError(`${policy}: minMs (${minMs}) is greater than maxMs (${maxMs})`)
}
