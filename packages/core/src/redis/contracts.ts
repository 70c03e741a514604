import type { AcquireOutcome, Claim, ExtendOutcome, ReleaseOutcome } from '../backend.js'
import { type Contract, textOf, unknownReply } from './script.js'
import { acquire, evict, extend, extendFenced, inspect, release } from './scripts.generated.js'

/** What each script takes, and what its reply means. */

export interface AcquireArgs {
  readonly claim: Claim
  /** How many fences to reserve; 0 keeps none. */
  readonly fences: number
  /** The secret to send, and where, when a waiting claim is granted; '' for neither. */
  readonly turn: string
  readonly inbox: string
}

export const acquireScript: Contract<AcquireArgs, AcquireOutcome> = {
  script: acquire,
  argv: ({ claim: { owner, ttlMs, lineMs = 0, steal = false }, fences, turn, inbox }) => {
    if (steal) return [owner, `${ttlMs}`, `${fences}`, 'steal']
    if (lineMs === 0) return [owner, `${ttlMs}`, `${fences}`]
    if (turn === '') return [owner, `${ttlMs}`, `${fences}`, `${lineMs}`]
    return [owner, `${ttlMs}`, `${fences}`, `${lineMs}`, turn, inbox]
  },
  parse: (reply, { claim }) => {
    const text = textOf(reply)
    if (text.startsWith('a')) return { acquired: true, validMs: claim.ttlMs, fence: numberOrNull(text.slice(1)) }
    if (!text.startsWith('b')) throw unknownReply(text)
    const [left, ahead] = text.slice(1).split(':')
    return { acquired: false, retryAfterMs: numberOrNull(left), ahead: numberOrNull(ahead) }
  },
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
}

/** `'wrong-type'`: the key holds something else than a string. */
export type PlainExtension = 'extended' | 'lost' | 'wrong-type'

const LETTERS: ReadonlyMap<string, PlainExtension> = new Map([
  ['e', 'extended'],
  ['l', 'lost'],
  ['x', 'wrong-type'],
])

export const extendScript: Contract<readonly Claim[], readonly PlainExtension[]> = {
  script: extend,
  argv: (claims) => claims.flatMap(({ owner, ttlMs }) => [owner, `${ttlMs}`]),
  parse: (reply, claims) => {
    const text = textOf(reply)
    return claims.map((_, i) => {
      const extension = LETTERS.get(text.charAt(i))
      if (extension === undefined || text.length !== claims.length) throw unknownReply(text)
      return extension
    })
  },
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

export interface Found {
  readonly value: string
  readonly leftMs: number | null
  readonly fence: number | null
  readonly waiting: number
}

export const inspectScript: Contract<undefined, Found | null> = {
  script: inspect,
  argv: () => [],
  parse: (reply) => {
    if (Array.isArray(reply)) {
      const [value = '', left, fence, waiting] = reply.map((field) => textOf(field).slice(1))
      return { value, leftMs: numberOrNull(left), fence: numberOrNull(fence), waiting: Number(waiting) }
    }
    if (textOf(reply) === 'n') return null
    throw unknownReply(textOf(reply))
  },
}

export const evictScript: Contract<undefined, boolean> = {
  script: evict,
  argv: () => [],
  parse: (reply) => textOf(reply) === 'e',
}

const numberOrNull = (text: string | undefined): number | null =>
  text === undefined || text === '' ? null : Number(text)
