import type {
  AcquireOutcome,
  Capabilities,
  Claim,
  ExtendOutcome,
  Inspection,
  LockBackend,
  Ownership,
  ReleaseOutcome,
  Turn,
  Unwatch,
} from '../backend.js'
import { BackendError } from '../errors.js'
import {
  type ExtendReply,
  type NameKeys,
  runAcquire,
  runEvict,
  runExtend,
  runExtendFenced,
  runInspect,
  runRelease,
} from './contracts.js'
import { toBackendError } from './failure.js'
import { createInbox } from './inbox.js'
import { lockKey, sideKey } from './keys.js'
import { slotOf } from './slot.js'
import type { RedisTransport } from './transport.js'

export interface RedisBackendOptions {
  /**
   * What every key begins with: the lock key of a name is exactly `prefix + name`. Default `'lock:'`. All who share
   * locks need the same prefix. The empty one is slower, for the keys beside a lock must then be longer than any name.
   */
  readonly prefix?: string | undefined
  /** Whether grants carry fences. When false, each lock saves a key and a write, and every fence is `null`. */
  readonly fencing?: boolean | undefined
}

/** A backend over any Redis client that can run a script. Needs Redis 6.2 or later, or Valkey. */
export function redisBackend(transport: RedisTransport, options: RedisBackendOptions = {}): LockBackend {
  const { prefix = 'lock:', fencing = true } = options
  if (typeof prefix !== 'string') throw new TypeError('prefix must be a string')
  if (!prefix.isWellFormed()) throw new RangeError('prefix must be well-formed Unicode: it holds a lone surrogate')
  if (typeof fencing !== 'boolean') throw new TypeError('fencing must be true or false')
  const inbox = transport.subscribe === undefined ? undefined : createInbox(transport, prefix)
  const capabilities: Capabilities = Object.freeze({
    scope: 'shared',
    fencing,
    shared: false,
    line: true,
    watch: inbox !== undefined,
    list: false,
  })

  const keysOf = (name: string): NameKeys => {
    const lock = lockKey(prefix, name)
    return {
      lock,
      fence: sideKey(prefix, lock, 'f'),
      line: sideKey(prefix, lock, 'l'),
      places: sideKey(prefix, lock, 'p'),
    }
  }

  const failed = (error: unknown, owners: readonly string[]): BackendError => toBackendError(error, transport, owners)

  const extendPlain = async (claims: readonly Claim[]): Promise<readonly ExtendOutcome[]> => {
    const replies = await runExtend(
      transport,
      claims.map(({ name, owner, ttlMs }) => ({ lock: lockKey(prefix, name), owner, ttlMs })),
    )
    // Alone, it is thrown as by every other verb; among others, it must not take them with it.
    if (replies.length === 1 && replies[0] === 'x') throw wrongType(transport)
    return replies.map((reply, i) => outcomeOf(reply, claims[i] as Claim, transport))
  }

  const extendFenced = async (claim: Claim): Promise<ExtendOutcome> => {
    const keys = keysOf(claim.name)
    const fence = await runExtendFenced(transport, keys, { lock: keys.lock, ...claim }, claim.fences ?? 1)
    return fence === 'lost' ? { status: 'lost' } : { status: 'extended', validMs: claim.ttlMs, fence }
  }

  /** Extends a group of claims by one script, and says of each that it is unknown if that fails. */
  const extendGroup = async (claims: readonly Claim[]): Promise<readonly ExtendOutcome[]> => {
    const [first] = claims
    if (first !== undefined && fenced(first)) return [await extendFenced(first)]
    return extendPlain(claims)
  }

  const fenced = ({ fences }: Claim): boolean => fencing && fences !== undefined

  return Object.freeze({
    specVersion: 1,
    name: transport.name,
    capabilities,
    acquire: async ({ name, owner, ttlMs, lineMs = 0, fences = 1, steal = false }: Claim): Promise<AcquireOutcome> => {
      const turn = lineMs > 0 && inbox?.channel() ? inbox.expect(name, owner) : ''
      try {
        const reply = await runAcquire(transport, keysOf(name), {
          owner,
          ttlMs,
          fences: fencing ? fences : 0,
          lineMs,
          turn,
          inbox: turn === '' ? '' : (inbox?.channel() ?? ''),
          steal,
        })
        if (!reply.acquired) return { acquired: false, retryAfterMs: reply.leftMs, ahead: reply.ahead }
        inbox?.forget(owner)
        return { acquired: true, validMs: ttlMs, fence: reply.fence }
      } catch (error) {
        throw failed(error, [owner])
      }
    },
    extend: async (claims: readonly Claim[]): Promise<readonly ExtendOutcome[]> => {
      const groups = groupsOf(claims, (claim) => {
        if (fenced(claim)) return claim
        return transport.clustered ? slotOf(lockKey(prefix, claim.name)) : 0
      })
      try {
        // One group is the rule; where there are several, one that fails must not take the others with it.
        if (groups.length <= 1) return await extendGroup(claims)
        const outcomes = new Map<Claim, ExtendOutcome>()
        await Promise.all(
          groups.map(async (group) => {
            const replies = await extendGroup(group).catch((error: unknown) =>
              group.map(({ owner }): ExtendOutcome => ({ status: 'unknown', cause: failed(error, [owner]) })),
            )
            for (const [i, claim] of group.entries()) outcomes.set(claim, replies[i] as ExtendOutcome)
          }),
        )
        return claims.map((claim) => outcomes.get(claim) as ExtendOutcome)
      } catch (error) {
        throw failed(
          error,
          claims.map(({ owner }) => owner),
        )
      }
    },
    release: async ({ name, owner, keepMs = 0 }: Ownership): Promise<ReleaseOutcome> => {
      inbox?.forget(owner)
      try {
        return (await runRelease(transport, keysOf(name), owner, keepMs)) ? 'released' : 'not-held'
      } catch (error) {
        throw failed(error, [owner])
      }
    },
    inspect: async (name: string): Promise<Inspection | null> => {
      try {
        const reply = await runInspect(transport, keysOf(name))
        if (reply === null) return null
        const { value: owner, leftMs: remainingMs, fence, waiting } = reply
        return { name, mode: 'exclusive', holders: [{ owner, remainingMs, fence: fencing ? fence : null }], waiting }
      } catch (error) {
        throw failed(error, [])
      }
    },
    evict: async (name: string): Promise<boolean> => {
      try {
        return await runEvict(transport, keysOf(name))
      } catch (error) {
        throw failed(error, [])
      }
    },
    ...(inbox !== undefined && { watch: (onTurn: (turn: Turn) => void): Promise<Unwatch> => inbox.watch(onTurn) }),
  } satisfies LockBackend)
}

function outcomeOf(reply: ExtendReply, { ttlMs }: Claim, transport: RedisTransport): ExtendOutcome {
  if (reply === 'extended') return { status: 'extended', validMs: ttlMs, fence: null }
  return reply === 'lost' ? { status: 'lost' } : { status: 'unknown', cause: wrongType(transport) }
}

function wrongType({ name }: RedisTransport): BackendError {
  const message = `${name}: WRONGTYPE the key holds something else than a string`
  return new BackendError(message, { executed: 'no', retryable: false })
}

function groupsOf(claims: readonly Claim[], groupOf: (claim: Claim) => unknown): readonly Claim[][] {
  const groups = new Map<unknown, Claim[]>()
  for (const claim of claims) {
    const group = groupOf(claim)
    const members = groups.get(group)
    if (members === undefined) groups.set(group, [claim])
    else members.push(claim)
  }
  return [...groups.values()]
}
