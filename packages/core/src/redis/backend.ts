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
import { acquireCommand, acquireSharedCommand, evictCommand, releaseCommand } from './commands.js'
import { holdBackUntilConnected } from './client-state.js'
import { createExtend } from './extend.js'
import { createInbox, takenChannel } from './inbox.js'
import { inspectCommand } from './inspection.js'
import { createKeyCache } from './keys.js'
import { list } from './list.js'
import { checkRedisOptions, type RedisBackendOptions } from './options.js'
import { createRunScript } from './script.js'
import type { RedisTransport } from './transport.js'

/** A backend over any Redis client that can run a script. Needs Redis 6.2 or later, or Valkey. */
export function redisBackend(client: RedisTransport, options: RedisBackendOptions = {}): LockBackend {
  checkRedisOptions(client.name, options)
  const { prefix = 'lock:', fencing = true } = options
  const transport = holdBackUntilConnected(client)
  const inbox = client.openSubscriber === undefined ? undefined : createInbox(client, prefix)
  const capabilities: Capabilities = Object.freeze({
    scope: 'shared',
    fencing,
    shared: true,
    line: true,
    watch: inbox !== undefined,
    list: transport.scanNodes !== undefined,
  })

  const keysOf = createKeyCache(prefix)
  const lost = takenChannel(prefix)
  const runScript = createRunScript(transport)

  /** Without `fencing`, the fences that other backends keep here mean nothing. */
  const shown = (seen: Inspection): Inspection =>
    fencing ? seen : { ...seen, holders: seen.holders.map((holder) => ({ ...holder, fence: null })) }

  const acquire = (claim: Claim): Promise<AcquireOutcome> => {
    const { name, owner, fences = 1, lineMs = 0 } = claim
    const channel = lineMs > 0 ? inbox?.channel() : undefined
    const command = claim.mode === 'shared' ? acquireSharedCommand : acquireCommand
    const args = { claim, fences: fencing ? fences : 0, secret: '', inbox: '', lost }
    if (inbox === undefined || channel === undefined) return runScript(command, keysOf(name), args)
    args.secret = inbox.issueSecret(claim)
    args.inbox = channel
    return runScript(command, keysOf(name), args).then(
      (outcome) => {
        inbox.onOutcome(owner, outcome)
        return outcome
      },
      (error: BackendError) => {
        // The claim was not executed, so no message will come.
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
    extend: createExtend({ transport, runScript, prefix, fencing, keysOf }),
    release: ({ name, owner, keepMs = 0 }: Ownership): Promise<ReleaseOutcome> => {
      inbox?.revokeSecret(owner)
      return runScript(releaseCommand, keysOf(name), { owner, keepMs })
    },
    inspect: async (name: string): Promise<Inspection | null> => {
      const found = await runScript(inspectCommand, keysOf(name), { line: false })
      return found && shown({ name, ...found })
    },
    evict: (name: string): Promise<boolean> => runScript(evictCommand, keysOf(name), { name, lost }),
    ...(inbox !== undefined && { watch: inbox.watch }),
    ...(capabilities.list && {
      async *list(call?: CallOptions): AsyncGenerator<Inspection> {
        for await (const seen of list({ transport, runScript, prefix }, call)) yield shown(seen)
      },
    }),
  } satisfies LockBackend)
}
