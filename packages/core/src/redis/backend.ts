import type {
  AcquireOutcome,
  CallOptions,
  Capabilities,
  Claim,
  Inspection,
  LockBackend,
  Ownership,
  ReleaseOutcome,
} from '../backend.js'
import type { BackendError } from '../errors/errors.js'
import { acquireScript, acquireSharedScript, evictScript, inspectScript, releaseScript } from './contracts.js'
import { holdBackUntilConnected } from './client-state.js'
import { createExtend } from './extend.js'
import { createInbox, takenChannel } from './inbox.js'
import { createKeyring } from './keys.js'
import { list } from './list.js'
import { run } from './script.js'
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
export function redisBackend(client: RedisTransport, options: RedisBackendOptions = {}): LockBackend {
  const { prefix = 'lock:', fencing = true } = options
  if (typeof prefix !== 'string') throw new TypeError('prefix must be a string')
  if (!prefix.isWellFormed()) throw new RangeError('prefix must be well-formed Unicode: it holds a lone surrogate')
  if (typeof fencing !== 'boolean') throw new TypeError('fencing must be true or false')
  const transport = holdBackUntilConnected(client)
  const inbox = client.openSubscriber === undefined ? undefined : createInbox(client, prefix)
  const capabilities: Capabilities = Object.freeze({
    scope: 'shared',
    fencing,
    shared: true,
    line: true,
    watch: inbox !== undefined,
    list: transport.scan !== undefined,
  })

  const keysOf = createKeyring(prefix)
  const lost = takenChannel(prefix)

  /** Fences that others keep here say nothing to one who keeps none. */
  const shown = (seen: Inspection): Inspection =>
    fencing ? seen : { ...seen, holders: seen.holders.map((holder) => ({ ...holder, fence: null })) }

  const acquire = (claim: Claim): Promise<AcquireOutcome> => {
    const { name, owner, fences = 1, lineMs = 0 } = claim
    const channel = lineMs > 0 ? inbox?.channel() : undefined
    const script = claim.mode === 'shared' ? acquireSharedScript : acquireScript
    const args = { claim, fences: fencing ? fences : 0, turn: '', inbox: '', lost }
    if (inbox === undefined || channel === undefined) return run(transport, script, keysOf(name), args, [owner])
    args.turn = inbox.issueSecret(claim)
    args.inbox = channel
    return run(transport, script, keysOf(name), args, [owner, args.turn]).then(
      (outcome) => {
        inbox.onOutcome(owner, outcome)
        return outcome
      },
      (error: BackendError) => {
        // Nothing was executed, and so nothing will be told.
        if (error.executed === 'no') inbox.revokeSecret(owner)
        throw error
      },
    )
  }

  return Object.freeze({
    specVersion: 1,
    name: transport.name,
    capabilities,
    acquire,
    extend: createExtend(transport, { prefix, fencing, keysOf }),
    release: ({ name, owner, keepMs = 0 }: Ownership): Promise<ReleaseOutcome> => {
      inbox?.revokeSecret(owner)
      return run(transport, releaseScript, keysOf(name), { owner, keepMs }, [owner])
    },
    inspect: async (name: string): Promise<Inspection | null> => {
      const found = await run(transport, inspectScript, keysOf(name), { line: false }, [])
      return found && shown({ name, ...found })
    },
    evict: (name: string): Promise<boolean> => run(transport, evictScript, keysOf(name), { name, lost }, []),
    ...(inbox !== undefined && { watch: inbox.watch }),
    ...(capabilities.list && {
      async *list(call?: CallOptions): AsyncGenerator<Inspection> {
        for await (const seen of list(transport, prefix, call)) yield shown(seen)
      },
    }),
  } satisfies LockBackend)
}
