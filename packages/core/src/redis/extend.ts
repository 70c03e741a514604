import type { Claim, ExtendOutcome, LockBackend } from '../backend.js'
import { BackendError } from '../errors/errors.js'
import {
  downgradeCommand,
  extendCommand,
  extendFencedCommand,
  type ExtendReply,
  extendSharedCommand,
} from './commands.js'
import { isOfSlots, mayPassInParts } from './failure.js'
import { lockKey, sideKey } from './keys.js'
import type { RunScript } from './script.js'
import { slotOf } from './slot.js'
import type { RedisTransport } from './transport.js'

interface ExtendSettings {
  readonly transport: RedisTransport
  readonly runScript: RunScript
  readonly prefix: string
  readonly fencing: boolean
  /** The keys of a name: lock, fence, line, places. */
  readonly keysOf: (name: string) => string[]
}

type Outcomes = readonly ExtendOutcome[]

/** The `extend` of a Redis backend: one script for many claims, as far as their keys may be in one command. */
export function createExtend(settings: ExtendSettings): LockBackend['extend'] {
  const { transport, runScript, prefix, fencing, keysOf } = settings
  /** Whether only keys of one slot may be in one command. A refusal may tell what the client did not know. */
  let bySlot = transport.clustered

  const reserves = ({ fences, mode }: Claim): boolean => fencing && fences !== undefined && mode === 'exclusive'

  const besides = (lock: string): string[] => [lock, sideKey(prefix, lock, 'l'), sideKey(prefix, lock, 'p')]

  const send = async (claims: readonly Claim[]): Promise<Outcomes> => {
    const locks = claims.map(({ name }) => lockKey(prefix, name))
    const [claim] = claims
    const [lock] = locks
    if (claim !== undefined && lock !== undefined && reserves(claim)) {
      return [await runScript(extendFencedCommand, [lock, sideKey(prefix, lock, 'f')], claim)]
    }
    if (claim?.mode === 'shared') return extendShared(claims, locks)
    return outcomesOf(await runScript(extendCommand, locks, claims), claims)
  }

  const extendShared = async (claims: readonly Claim[], locks: string[]): Promise<Outcomes> => {
    const replies = await runScript(extendSharedCommand, locks.flatMap(besides), claims)
    const [claim] = claims
    if (claim !== undefined && claims.length === 1 && replies[0] === 'exclusive') return [await downgrade(claim)]
    const outcomes = outcomesOf(replies, claims)
    const settled = claims.map(async (each, i) =>
      replies[i] === 'exclusive' ? downgrade(each) : (outcomes[i] ?? NO_OUTCOME),
    )
    return Promise.all(settled.map((outcome) => outcome.catch(unknown)))
  }

  /** An exclusive lease becomes shared: the line has to move on, so that one script is for one name. */
  const downgrade = (claim: Claim): Promise<ExtendOutcome> =>
    runScript(downgradeCommand, keysOf(claim.name), { ...claim, fences: fencing ? 1 : 0 })

  const outcomesOf = (replies: readonly ExtendReply[], claims: readonly Claim[]): Outcomes => {
    // A single claim is refused as by every other verb; among others, it must not take them with it.
    if (replies.length === 1 && replies[0] === 'wrong-type') throw wrongType(transport)
    return replies.map((reply, i) => outcomeOf(reply, claims[i]?.ttlMs ?? 0, transport))
  }

  /** Claims that reserve fences go alone, the others with those of their mode, and, if need be, of their slot. */
  const groupOf = (claim: Claim): unknown => {
    if (reserves(claim)) return claim
    return bySlot ? `${claim.mode} ${slotOf(lockKey(prefix, claim.name))}` : claim.mode
  }

  /**
   * A group that was certainly refused as a whole is asked for again in parts: by slot, then each claim alone. One name
   * that is not permitted, or a server that spreads its keys, must not end the leases of all.
   */
  const extendGroup = async (claims: readonly Claim[]): Promise<Outcomes> => {
    try {
      return await send(claims)
    } catch (error) {
      if (claims.length === 1 || !mayPassInParts(error)) throw error
      if (isOfSlots(error)) bySlot = true
      const slots = groupBy(claims, ({ name }) => slotOf(lockKey(prefix, name)))
      return extendGroups(claims, slots.length > 1 ? slots : claims.map((claim) => [claim]))
    }
  }

  /** A group that fails must not take the others with it. */
  const extendGroups = async (claims: readonly Claim[], groups: readonly (readonly Claim[])[]): Promise<Outcomes> => {
    const outcomes = new Map<Claim, ExtendOutcome | undefined>()
    await Promise.all(
      groups.map(async (group) => {
        const extended = await extendGroup(group).catch((cause: unknown) => group.map(() => unknown(cause)))
        for (const [i, claim] of group.entries()) outcomes.set(claim, extended[i])
      }),
    )
    return claims.map((claim) => outcomes.get(claim) ?? NO_OUTCOME)
  }

  return async (claims) => {
    const groups = groupBy(claims, groupOf)
    const [only] = groups
    if (only === undefined) return []
    return groups.length === 1 ? extendGroup(only) : extendGroups(claims, groups)
  }
}

const unknown = (cause: unknown): ExtendOutcome => ({ status: 'unknown', cause })

const NO_OUTCOME = unknown(new Error('no outcome'))

function outcomeOf(reply: ExtendReply, ttlMs: number, transport: RedisTransport): ExtendOutcome {
  if (reply === 'extended') return { status: 'extended', validMs: ttlMs, fence: null }
  return reply === 'lost' ? { status: 'lost' } : { status: 'unknown', cause: wrongType(transport) }
}

function wrongType({ name }: RedisTransport): BackendError {
  const message = `${name}: WRONGTYPE the key holds another type than a string`
  return new BackendError(message, { executed: 'no', retryable: false })
}

function groupBy<T>(items: readonly T[], groupOf: (item: T) => unknown): readonly T[][] {
  const groups = new Map<unknown, T[]>()
  for (const item of items) {
    const group = groupOf(item)
    const members = groups.get(group)
    if (members === undefined) groups.set(group, [item])
    else members.push(item)
  }
  return [...groups.values()]
}
