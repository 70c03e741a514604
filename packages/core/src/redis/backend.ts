import type {
  AcquireOutcome,
  CallOptions,
  Capabilities,
  Claim,
  Inspection,
  LockBackend,
  Ownership,
  ReleaseOutcome,
  Turn,
  Unwatch,
} from '../backend.js'
import type { BackendError } from '../errors/errors.js'
import { acquireScript, acquireSharedScript, evictScript, inspectScript, releaseScript } from './contracts.js'
import { checkRedisOptions, type RedisBackendOptions } from './options.js'
import { createExtend } from './extend.js'
import { createInbox, lostChannel } from './inbox.js'
import { createKeyring } from './keys.js'
import { list } from './list.js'
import { run } from './script.js'
import type { RedisTransport } from './transport.js'

/** A backend over any Redis client that can run a script. Needs Redis 6.2 or later, or Valkey. */
export function redisBackend(transport: RedisTransport, options: RedisBackendOptions = {}): LockBackend {
  checkRedisOptions(transport.name, options)
  const { prefix = 'lock:', fencing = true } = options
  const inbox = transport.subscribe === undefined ? undefined : createInbox(transport, prefix)
  const capabilities: Capabilities = Object.freeze({
    scope: 'shared',
    fencing,
    shared: true,
    line: true,
    watch: inbox !== undefined,
    list: transport.scan !== undefined,
  })

  const keysOf = createKeyring(prefix)
  const lost = lostChannel(prefix)

  /** Fences that others keep here say nothing to one who keeps none. */
  const shown = (seen: Inspection): Inspection =>
    fencing ? seen : { ...seen, holders: seen.holders.map((holder) => ({ ...holder, fence: null })) }

  const acquire = (claim: Claim): Promise<AcquireOutcome> => {
    const { name, owner, fences = 1, lineMs = 0 } = claim
    const channel = lineMs > 0 ? inbox?.channel() : undefined
    const script = claim.mode === 'shared' ? acquireSharedScript : acquireScript
    const args = { claim, fences: fencing ? fences : 0, turn: '', inbox: '', lost }
    if (inbox === undefined || channel === undefined) return run(transport, script, keysOf(name), args, [owner])
    args.turn = inbox.expect(name, owner)
    args.inbox = channel
    return run(transport, script, keysOf(name), args, [owner, args.turn]).then(
      (outcome) => {
        if (outcome.acquired) inbox.forget(owner)
        return outcome
      },
      (error: BackendError) => {
        // Nothing was executed, and so nothing will be told.
        if (error.executed === 'no') inbox.forget(owner)
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
      inbox?.forget(owner)
      return run(transport, releaseScript, keysOf(name), { owner, keepMs }, [owner])
    },
    inspect: async (name: string): Promise<Inspection | null> => {
      const found = await run(transport, inspectScript, keysOf(name), { line: false }, [])
      return found && shown({ name, ...found })
    },
    evict: (name: string): Promise<boolean> => run(transport, evictScript, keysOf(name), { name, lost }, []),
    ...(inbox !== undefined && { watch: (onTurn: (turn: Turn) => void): Promise<Unwatch> => inbox.watch(onTurn) }),
    ...(capabilities.list && {
      async *list(call?: CallOptions): AsyncGenerator<Inspection> {
        for await (const seen of list(transport, prefix, call)) yield shown(seen)
      },
    }),
  } satisfies LockBackend)
}
