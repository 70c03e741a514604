import type { AcquireOutcome, ExtendOutcome, Inspection, ReleaseOutcome } from '../backend.js'
import { describeValue } from '../errors/messages.js'

// The shapes of a backend's answers. A foreign backend may answer anything: a wrong shape must fail its own call and
// nothing else. Each check throws for a wrong shape.

export function checkAcquireOutcome(outcome: AcquireOutcome): void {
  const { acquired, validMs, fence, retryAfterMs, ahead } = record('acquire', outcome)
  need(typeof acquired === 'boolean', 'acquire', 'acquired', acquired)
  if (acquired === true) {
    need(isSpan(validMs), 'acquire', 'validMs', validMs)
    need(isFence(fence), 'acquire', 'fence', fence)
  } else {
    need(isSpanOrNull(retryAfterMs), 'acquire', 'retryAfterMs', retryAfterMs)
    need(isSpanOrNull(ahead), 'acquire', 'ahead', ahead)
  }
}

/** Checks the outcome of an extension for one claim; a batch that lacks one leaves it unknown for that claim alone. */
export function checkExtendOutcome(outcome: unknown): asserts outcome is ExtendOutcome {
  const { status, validMs, fence } = record('extend', outcome)
  if (status === 'lost' || status === 'unknown') return
  need(status === 'extended', 'extend', 'status', status)
  need(isSpan(validMs), 'extend', 'validMs', validMs)
  need(isFence(fence), 'extend', 'fence', fence)
}

export function checkReleaseOutcome(outcome: ReleaseOutcome): void {
  if (outcome !== 'released' && outcome !== 'not-held') throw malformed('release', describeValue(outcome))
}

export function checkEvicted(evicted: boolean): void {
  if (typeof evicted !== 'boolean') throw malformed('evict', describeValue(evicted))
}

export function checkInspection(seen: Inspection | null): void {
  if (seen !== null) checkSeen('inspect', seen)
}

/** Checks one step of a list. */
export function checkListed(step: IteratorResult<Inspection>): void {
  const { done, value } = record('list', step)
  if (done !== true) checkSeen('list', value)
}

function checkSeen(verb: string, seen: unknown): void {
  const { name, mode, holders, waiting, line = [] } = record(verb, seen)
  need(typeof name === 'string', verb, 'name', name)
  need(isMode(mode), verb, 'mode', mode)
  need(isSpanOrNull(waiting), verb, 'waiting', waiting)
  need(Array.isArray(holders), verb, 'holders', holders)
  need(Array.isArray(line), verb, 'line', line)
  for (const { remainingMs, fence } of holders.map(owned(verb))) {
    need(remainingMs === null || Number.isFinite(remainingMs), verb, 'remainingMs', remainingMs)
    need(isFence(fence), verb, 'fence', fence)
  }
  for (const waiter of line.map(owned(verb))) need(isMode(waiter.mode), verb, 'mode', waiter.mode)
}

/** The check of what an owner has in a store. Its error does not show the owner, which may be a token. */
const owned =
  (verb: string) =>
  (value: unknown): Fields => {
    const fields = record(verb, value)
    need(typeof fields.owner === 'string', verb, 'owner', typeof fields.owner)
    return fields
  }

type Fields = Readonly<Record<string, unknown>>

function record(verb: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw malformed(verb, describeValue(value))
  return value as Fields
}

const isSpan = (value: unknown): value is number => typeof value === 'number' && value >= 0

const isSpanOrNull = (value: unknown): boolean => value === null || isSpan(value)

const isMode = (value: unknown): boolean => value === 'exclusive' || value === 'shared'

export const isFence = (value: unknown): boolean => value === null || Number.isSafeInteger(value)

function need(valid: boolean, verb: string, field: string, value: unknown): asserts valid {
  if (!valid) throw malformed(verb, `${field}: ${describeValue(value)}`)
}

const malformed = (verb: string, what: string): TypeError =>
  new TypeError(`the backend answered ${verb} against its contract: ${what}`)
