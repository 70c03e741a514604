import type { AcquireOutcome, Claim, ExtendOutcome, Holder, Inspection, ReleaseOutcome, Waiter } from '../backend.js'
import { type Contract, textOf, unknownReply } from './script.js'
import {
  acquire,
  acquireShared,
  downgrade,
  evict,
  extend,
  extendFenced,
  extendShared,
  inspect,
  release,
} from './scripts.generated.js'

/** What each script takes, and what its reply means. */

export interface AcquireArgs {
  readonly claim: Claim
  /** How many fences to reserve; 0 keeps none. */
  readonly fences: number
  /** The secret to send, and where, when a waiting claim is granted; '' for neither. */
  readonly turn: string
  readonly inbox: string
  /** Where to tell of a name that was taken by force. */
  readonly lost: string
}

export const acquireScript: Contract<AcquireArgs, AcquireOutcome> = {
  script: acquire,
  argv: (args) => {
    const { owner, ttlMs } = args.claim
    return withWish([owner, `${ttlMs}`, `${args.fences}`], args)
  },
  parse: parseAcquired,
}

export const acquireSharedScript: Contract<AcquireArgs, AcquireOutcome> = {
  script: acquireShared,
  argv: (args) => {
    const { owner, ttlMs, limit } = args.claim
    return withWish([owner, `${ttlMs}`, `${args.fences}`, `${Math.min(limit, Number.MAX_SAFE_INTEGER)}`], args)
  },
  parse: parseAcquired,
}

function withWish(words: string[], { claim, turn, inbox, lost }: AcquireArgs): string[] {
  const { name, lineMs = 0, steal = false } = claim
  if (steal) words.push('steal', name, lost)
  else if (lineMs > 0 && turn === '') words.push(`${lineMs}`)
  else if (lineMs > 0) words.push(`${lineMs}`, turn, inbox)
  return words
}

function parseAcquired(reply: unknown, { claim }: AcquireArgs): AcquireOutcome {
  const text = textOf(reply)
  if (text.startsWith('a')) return { acquired: true, validMs: claim.ttlMs, fence: numberOrNull(text.slice(1)) }
  if (!text.startsWith('b')) throw unknownReply(text)
  const [left, ahead] = text.slice(1).split(':')
  return { acquired: false, retryAfterMs: numberOrNull(left), ahead: numberOrNull(ahead) }
}

export interface ReleaseArgs {
  readonly owner: string
  /** How long the name is to stay taken; 0 frees it. */
  readonly keepMs: number
}

export const releaseScript: Contract<ReleaseArgs, ReleaseOutcome> = {
  script: release,
  argv: ({ owner, keepMs }) => (keepMs > 0 ? [owner, `${keepMs}`] : [owner]),
  parse: (reply) => {
    const text = textOf(reply)
    if (text === 'r') return 'released'
    if (text === 'n') return 'not-held'
    throw unknownReply(text)
  },
  mayBeSecond: (outcome) => outcome === 'not-held',
}

/** `'wrong-type'`: the key holds something else than a string. `'exclusive'`: it is to become shared, by another script. */
export type PlainExtension = 'extended' | 'lost' | 'wrong-type' | 'exclusive'

const LETTERS: ReadonlyMap<string, PlainExtension> = new Map([
  ['e', 'extended'],
  ['l', 'lost'],
  ['x', 'wrong-type'],
  ['w', 'exclusive'],
])

export const extendScript: Contract<readonly Claim[], readonly PlainExtension[]> = {
  script: extend,
  argv: ownersAndTtls,
  parse: parseExtended,
}

export const extendSharedScript: Contract<readonly Claim[], readonly PlainExtension[]> = {
  script: extendShared,
  argv: ownersAndTtls,
  parse: parseExtended,
}

export const downgradeScript: Contract<Claim, ExtendOutcome> = {
  script: downgrade,
  argv: ({ owner, ttlMs, fences = 1 }) => [owner, `${ttlMs}`, `${fences}`],
  parse: (reply, { ttlMs }) => {
    const text = textOf(reply)
    if (text === 'e') return { status: 'extended', validMs: ttlMs, fence: null }
    if (text === 'l') return { status: 'lost' }
    throw unknownReply(text)
  },
}

/** One ttl for all, mostly. */
function ownersAndTtls(claims: readonly Claim[]): string[] {
  const words = claims.map(({ owner }) => owner)
  const [first] = claims
  if (claims.every(({ ttlMs }) => ttlMs === first?.ttlMs)) words.push(`${first?.ttlMs}`)
  else for (const { ttlMs } of claims) words.push(`${ttlMs}`)
  return words
}

function parseExtended(reply: unknown, claims: readonly Claim[]): readonly PlainExtension[] {
  const text = textOf(reply)
  return claims.map((_, i) => {
    const extension = LETTERS.get(text.charAt(i))
    if (extension === undefined || text.length !== claims.length) throw unknownReply(text)
    return extension
  })
}

export const extendFencedScript: Contract<Claim, ExtendOutcome> = {
  script: extendFenced,
  argv: ({ owner, ttlMs, fences }) => [owner, `${ttlMs}`, `${fences ?? 1}`],
  parse: (reply, { ttlMs }) => {
    const text = textOf(reply)
    if (text === 'l') return { status: 'lost' }
    if (!text.startsWith('e')) throw unknownReply(text)
    return { status: 'extended', validMs: ttlMs, fence: Number(text.slice(1)) }
  },
}

/** What is held under a name; the name itself is known to the caller. */
export type Found = Omit<Inspection, 'name'>

/** With `line`: also who waits, and a name that is only waited for. */
export const inspectScript: Contract<{ readonly line: boolean }, Found | null> = {
  script: inspect,
  argv: ({ line }) => (line ? ['line'] : []),
  parse: (reply, args) => {
    if (!Array.isArray(reply)) {
      if (textOf(reply) === 'n') return null
      throw unknownReply(textOf(reply))
    }
    const [mode, waiting, ...fields] = reply.map(textOf)
    const line: Waiter[] = []
    const holders: Holder[] = []
    for (let i = 0; i < fields.length;) {
      const [owner = '', left, fence] = fields.slice(i, i + 3).map((field) => field.slice(1))
      if (fields[i]?.startsWith('l')) {
        line.push({ owner: owner.slice(1), mode: owner.startsWith('s') ? 'shared' : 'exclusive' })
        i += 1
      } else {
        holders.push({ owner, remainingMs: numberOrNull(left), fence: numberOrNull(fence) })
        i += 3
      }
    }
    const found = { mode: mode === 's' ? 'shared' : 'exclusive', holders } as const
    // Only a listing knows which of those who wait still live.
    return args.line ? { ...found, waiting: line.length, line } : { ...found, waiting: Number(waiting?.slice(1)) }
  },
}

export interface EvictArgs {
  readonly name: string
  /** Where to tell of a name that was taken by force. */
  readonly lost: string
}

export const evictScript: Contract<EvictArgs, boolean> = {
  script: evict,
  argv: ({ name, lost }) => [name, lost],
  parse: (reply) => textOf(reply) === 'e',
}

const numberOrNull = (text: string | undefined): number | null =>
  text === undefined || text === '' ? null : Number(text)
