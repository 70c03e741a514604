import type { Claim, ExtendOutcome, LockBackend } from '../backend.js'
import { BackendError } from '../errors/errors.js'
import {
  downgradeScript,
  extendFencedScript,
  extendScript,
  extendSharedScript,
  type PlainExtension,
} from './contracts.js'
import { lockKey, sideKey } from './keys.js'
import { run } from './script.js'
import { slotOf } from './slot.js'
import type { RedisTransport } from './transport.js'

interface ExtendSettings {
  readonly prefix: string
  readonly fencing: boolean
  /** The keys of a name: lock, fence, line, places. */
  readonly keysOf: (name: string) => string[]
}

/** The `extend` of a Redis backend: one script for many claims, as far as they lie on one node. */
export function createExtend(
  transport: RedisTransport,
  { prefix, fencing, keysOf }: ExtendSettings,
): LockBackend['extend'] {
  const reserves = ({ fences, mode }: Claim): boolean => fencing && fences !== undefined && mode === 'exclusive'

  const besides = (lock: string): string[] => [lock, sideKey(prefix, lock, 'l'), sideKey(prefix, lock, 'p')]

  const extendGroup = async (claims: readonly Claim[]): Promise<readonly ExtendOutcome[]> => {
    const locks = claims.map(({ name }) => lockKey(prefix, name))
    const owners = claims.map(({ owner }) => owner)
    const [claim] = claims
    const [lock] = locks
    if (claim !== undefined && lock !== undefined && reserves(claim)) {
      return [await run(transport, extendFencedScript, [lock, sideKey(prefix, lock, 'f')], claim, owners)]
    }
    if (claim?.mode === 'shared') return extendShared(claims, locks, owners)
    return outcomesOf(await run(transport, extendScript, locks, claims, owners), claims)
  }

  const extendShared = async (
    claims: readonly Claim[],
    locks: string[],
    owners: string[],
  ): Promise<readonly ExtendOutcome[]> => {
    const extensions = await run(transport, extendSharedScript, locks.flatMap(besides), claims, owners)
    const [claim] = claims
    if (claim !== undefined && claims.length === 1 && extensions[0] === 'exclusive') return [await share(claim)]
    const outcomes = outcomesOf(extensions, claims)
    const settled = claims.map(async (each, i) =>
      extensions[i] === 'exclusive' ? share(each) : (outcomes[i] ?? UNTOLD),
    )
    return Promise.all(settled.map((outcome) => outcome.catch(unknown)))
  }

  /** What is held exclusively becomes shared: the line has to move on, so that one script is for one name. */
  const share = (claim: Claim): Promise<ExtendOutcome> =>
    run(transport, downgradeScript, keysOf(claim.name), { ...claim, fences: fencing ? 1 : 0 }, [claim.owner])

  const outcomesOf = (extensions: readonly PlainExtension[], claims: readonly Claim[]): readonly ExtendOutcome[] => {
    // Alone, it is thrown as by every other verb; among others, it must not take them with it.
    if (extensions.length === 1 && extensions[0] === 'wrong-type') throw wrongType(transport)
    return extensions.map((extension, i) => outcomeOf(extension, claims[i]?.ttlMs ?? 0, transport))
  }

  /** Claims that reserve fences go alone, others with those of their mode, in a cluster of their slot too. */
  const groupOf = (claim: Claim): unknown => {
    if (reserves(claim)) return claim
    return transport.clustered ? `${claim.mode} ${slotOf(lockKey(prefix, claim.name))}` : claim.mode
  }

  return async (claims) => {
    const groups = groupBy(claims, groupOf)
    const [only] = groups
    if (only === undefined) return []
    if (groups.length === 1) return extendGroup(only)
    // One group that fails must not take the others with it.
    const outcomes = new Map<Claim, ExtendOutcome | undefined>()
    await Promise.all(
      groups.map(async (group) => {
        const extended = await extendGroup(group).catch((cause: unknown) => group.map(() => unknown(cause)))
        for (const [i, claim] of group.entries()) outcomes.set(claim, extended[i])
      }),
    )
    return claims.map((claim) => outcomes.get(claim) ?? UNTOLD)
  }
}

const unknown = (cause: unknown): ExtendOutcome => ({ status: 'unknown', cause })

const UNTOLD = unknown(new Error('no outcome'))

function outcomeOf(extension: PlainExtension, ttlMs: number, transport: RedisTransport): ExtendOutcome {
  if (extension === 'extended') return { status: 'extended', validMs: ttlMs, fence: null }
  return extension === 'lost' ? { status: 'lost' } : { status: 'unknown', cause: wrongType(transport) }
}

function wrongType({ name }: RedisTransport): BackendError {
  const message = `${name}: WRONGTYPE the key holds something else than a string`
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
