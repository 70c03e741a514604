import type { AcquireOutcome, ExtendOutcome, Inspection, ReleaseOutcome } from '../backend.js'
import { describeValue } from '../errors/messages.js'

// The shapes of a backend's answers. A foreign backend may answer anything: a wrong shape must fail its own call and
// nothing else. Each check throws for a wrong shape.

export function checkAcquireOutcome(outcome: AcquireOutcome): void {
  const { acquired, validMs, fence, retryAfterMs, ahead } = record('acquire', outcome)
  if (acquired === true) {
    if (!isSpan(validMs)) throw malformed('acquire', `validMs: ${describeValue(validMs)}`)
    if (!isFence(fence)) throw malformed('acquire', `fence: ${describeValue(fence)}`)
  } else if (acquired === false) {
    if (retryAfterMs !== null && !isSpan(retryAfterMs))
      throw malformed('acquire', `retryAfterMs: ${describeValue(retryAfterMs)}`)
    if (ahead !== null && !isSpan(ahead)) throw malformed('acquire', `ahead: ${describeValue(ahead)}`)
  } else {
    throw malformed('acquire', `acquired: ${describeValue(acquired)}`)
  }
}

/** Checks the outcome of an extension for one claim; a batch that lacks one leaves it unknown for that claim alone. */
export function checkExtendOutcome(outcome: unknown): asserts outcome is ExtendOutcome {
  const { status, validMs, fence } = record('extend', outcome)
  if (status === 'lost' || status === 'unknown') return
  if (status !== 'extended') throw malformed('extend', `status: ${describeValue(status)}`)
  if (!isSpan(validMs)) throw malformed('extend', `validMs: ${describeValue(validMs)}`)
  if (!isFence(fence)) throw malformed('extend', `fence: ${describeValue(fence)}`)
}

export function checkReleaseOutcome(outcome: ReleaseOutcome): void {
  if (outcome !== 'released' && outcome !== 'not-held') throw malformed('release', describeValue(outcome))
}

export function checkEvicted(evicted: boolean): void {
  if (typeof evicted !== 'boolean') throw malformed('evict', describeValue(evicted))
}

export function checkInspection(seen: Inspection | null): void {
  if (seen === null) return
  const { holders } = record('inspect', seen)
  if (!Array.isArray(holders)) throw malformed('inspect', `holders: ${describeValue(holders)}`)
  for (const holder of holders) {
    const { owner } = record('inspect', holder)
    if (typeof owner !== 'string') throw malformed('inspect', `owner: ${describeValue(typeof owner)}`)
  }
}

type Fields = Readonly<Record<string, unknown>>

function record(verb: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw malformed(verb, describeValue(value))
  return value as Fields
}

const isSpan = (value: unknown): value is number => typeof value === 'number' && value >= 0

export const isFence = (value: unknown): boolean => value === null || Number.isSafeInteger(value)

const malformed = (verb: string, what: string): TypeError =>
  new TypeError(`the backend answered ${verb} against its contract: ${what}`)
