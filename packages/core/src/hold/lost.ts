import type { Claim } from '../backend.js'
import { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import { redact } from '../errors/redact.js'
import type { HoldTerms } from '../options/options.js'
import type { Reading } from './deadline.js'

/** The error of a hold that has ended under its holder. @param failed the last renewal, where its failure is the cause */
export function lostError({ name, owner }: Claim, why: string, failed?: { readonly cause: unknown }): LockError {
  const options = failed && { cause: redact(failed.cause, [owner]) }
  return new LockError('LOCK_LOST', `the lease on ${quoteName(name)} is lost: ${why}`, options)
}

interface Expired {
  readonly claim: Claim
  readonly terms: HoldTerms
  readonly holdLimitAt: number | undefined
  readonly failed: { readonly cause: unknown } | undefined
}

/** The error of a hold whose time has passed. */
export function expiredError({ claim, failed, holdLimitAt, terms }: Expired, { now }: Reading): LockError {
  if (holdLimitAt !== undefined && holdLimitAt <= now) return lostError(claim, 'it was held for maxHoldMs')
  const ttl = `(ttlMs: ${claim.ttlMs})`
  return terms.renew
    ? lostError(claim, `it could not be renewed before its deadline ${ttl}`, failed)
    : lostError(claim, `it was not renewed, because renew is false, and its time has passed ${ttl}`)
}
