import type { AcquireOutcome, Claim, ExtendOutcome, ReleaseOutcome } from '../backend.js'
import { fenceOrNull, matchReply, numberOrNull, textOf, unknownReply } from './reply.js'
import type { ScriptCommand } from './script.js'
import { acquire, acquireShared, downgrade, evict, extend, extendShared, release } from './scripts.generated.js'

/** The arguments of each script, and the meaning of its reply. */

export interface AcquireArgs {
  readonly claim: Claim
  /** How many fences to reserve; 0 keeps none. */
  readonly fences: number
  /** The text to send, and the channel, when a waiting claim is granted; '' for neither. */
  readonly secret: string
  readonly inbox: string
  /** The channel for names that were taken by force. */
  readonly taken: string
}

export const acquireCommand: ScriptCommand<AcquireArgs, AcquireOutcome> = {
  script: acquire,
  argv: (args) => {
    const { owner, ttlMs } = args.claim
    return withRest([owner, `${ttlMs}`, `${args.fences}`], args)
  },
  arity: 6,
  secrets: secretsOf,
  parse: parseAcquired,
  movesLine: true,
}

export const acquireSharedCommand: ScriptCommand<AcquireArgs, AcquireOutcome> = {
  script: acquireShared,
  argv: (args) => {
    const { owner, ttlMs, limit } = args.claim
    return withRest([owner, `${ttlMs}`, `${args.fences}`, `${Math.min(limit, Number.MAX_SAFE_INTEGER)}`], args)
  },
  arity: 7,
  secrets: secretsOf,
  parse: parseAcquired,
  movesLine: true,
}

function withRest(words: string[], { claim, secret, inbox, taken }: AcquireArgs): string[] {
  const { name, lineMs = 0, steal = false } = claim
  if (steal) words.push('steal', name, taken)
  else if (lineMs > 0 && secret === '') words.push(`${lineMs}`)
  else if (lineMs > 0) words.push(`${lineMs}`, secret, inbox)
  return words
}

function secretsOf({ claim, secret }: AcquireArgs): readonly string[] {
  return secret === '' ? [claim.owner] : [claim.owner, secret]
}

function parseAcquired(reply: unknown, { claim, fences }: AcquireArgs): AcquireOutcome {
  const [fence, left, ahead] = matchReply(reply, /^(?:a(\d*)|b(\d*):(\d*))$/)
  if (fence === undefined) {
    return { acquired: false, retryAfterMs: numberOrNull(left), ahead: numberOrNull(ahead) }
  }
  if (fences > 0 && fence === '') throw unknownReply(reply)
  return { acquired: true, validMs: claim.ttlMs, fence: fenceOrNull(fence) }
}

export interface ReleaseArgs {
  readonly owner: string
  /** For how long the name is to stay taken; 0 frees it. */
  readonly keepMs: number
}

export const releaseCommand: ScriptCommand<ReleaseArgs, ReleaseOutcome> = {
  script: release,
  argv: ({ owner, keepMs }) => (keepMs > 0 ? [owner, `${keepMs}`] : [owner]),
  arity: 2,
  secrets: ({ owner }) => [owner],
  parse: (reply) => {
    matchReply(reply, /^[rn]$/)
    return textOf(reply) === 'r' ? 'released' : 'not-held'
  },
  mayBeRepeat: (outcome) => outcome === 'not-held',
  movesLine: true,
}

/** `'wrong-type'`: the key is of another type than a string. `'exclusive'`: another script makes it a shared lease. */
export type ExtendReply = 'extended' | 'lost' | 'wrong-type' | 'exclusive'

const LETTERS: ReadonlyMap<string, ExtendReply> = new Map([
  ['e', 'extended'],
  ['l', 'lost'],
  ['x', 'wrong-type'],
  ['w', 'exclusive'],
])

export const extendCommand: ScriptCommand<readonly Claim[], readonly ExtendReply[]> = {
  script: extend,
  argv: ownersAndTtls,
  secrets: ownersOf,
  parse: parseExtended,
}

export const extendSharedCommand: ScriptCommand<readonly Claim[], readonly ExtendReply[]> = {
  script: extendShared,
  argv: ownersAndTtls,
  secrets: ownersOf,
  parse: parseExtended,
}

export const downgradeCommand: ScriptCommand<Claim, ExtendOutcome> = {
  script: downgrade,
  argv: ({ owner, ttlMs, fences = 1 }) => [owner, `${ttlMs}`, `${fences}`],
  secrets: ({ owner }) => [owner],
  parse: (reply, { ttlMs }) => {
    matchReply(reply, /^[el]$/)
    return textOf(reply) === 'l' ? { status: 'lost' } : { status: 'extended', validMs: ttlMs, fence: null }
  },
  movesLine: true,
}

/** Mostly there is one ttl for all. */
function ownersAndTtls(claims: readonly Claim[]): string[] {
  const [first] = claims
  const owners = ownersOf(claims)
  if (claims.every(({ ttlMs }) => ttlMs === first?.ttlMs)) return [`${first?.ttlMs}`, ...owners]
  return ['', ...owners, ...claims.map(({ ttlMs }) => `${ttlMs}`)]
}

function ownersOf(claims: readonly Claim[]): readonly string[] {
  return claims.map(({ owner }) => owner)
}

function parseExtended(reply: unknown, claims: readonly Claim[]): readonly ExtendReply[] {
  const letters = textOf(reply)
    .split('')
    .map((letter) => LETTERS.get(letter))
  const known = letters.filter((each) => each !== undefined)
  if (known.length !== claims.length || letters.length !== claims.length) throw unknownReply(reply)
  return known
}

export interface EvictArgs {
  readonly name: string
  /** The channel for names that were taken by force. */
  readonly taken: string
}

export const evictCommand: ScriptCommand<EvictArgs, boolean> = {
  script: evict,
  argv: ({ name, taken }) => [name, taken],
  parse: (reply) => {
    matchReply(reply, /^[en]$/)
    return textOf(reply) === 'e'
  },
  mayBeRepeat: (held) => !held,
  movesLine: true,
}
