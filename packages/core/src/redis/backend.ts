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
import { createHoldBack } from './hold-back.js'
import { createExtend } from './extend.js'
import { createInbox, takenChannel } from './inbox.js'
import { inspectCommand } from './inspection.js'
import { createContendedNames } from './contended-names.js'
import { createKeyCache } from './keys.js'
import { list } from './list.js'
import { checkRedisOptions, type RedisBackendOptions } from './options.js'
import { createRunScript } from './script.js'
import type { Sending } from './sending.js'
import type { RedisTransport } from './transport.js'
import { aborted, createUncontended } from './uncontended.js'

/** A backend over any Redis client that can run a script. Needs Redis 6.2 or later, or Valkey. */
export function redisBackend(transport: RedisTransport, options: RedisBackendOptions = {}): LockBackend {
  checkRedisOptions(transport.name, options)
  const { prefix = 'lock:', fencing = true } = options
  const { handOver, connected } = createHoldBack(transport)
  const inbox = transport.openSubscriber === undefined ? undefined : createInbox(transport, prefix)
  const capabilities: Capabilities = Object.freeze({
    scope: 'shared',
    fencing,
    shared: true,
    line: true,
    watch: inbox !== undefined,
    list: transport.scanNodes !== undefined,
  })

  const keysOf = createKeyCache(prefix)
  const taken = takenChannel(prefix)
  const runScript = createRunScript(transport, handOver)

  /** Without `fencing`, the fences that other backends keep here mean nothing. */
  const shown = (seen: Inspection): Inspection =>
    fencing ? seen : { ...seen, holders: seen.holders.map((holder) => ({ ...holder, fence: null })) }

  const spread = { bySlot: transport.clustered }
  const uncontended = createUncontended({ transport, runScript, fencing, keysOf, spread })
  const contended = createContendedNames()

  const acquire = async (claim: Claim, call?: CallOptions): Promise<AcquireOutcome> => {
    const { name, owner, lineMs = 0 } = claim
    inbox?.need()
    let before: Sending | undefined
    if (isPlain(claim) && !contended.has(name)) {
      const reply = await uncontended.acquire(claim, call)
      if (typeof reply === 'object') {
        if ('before' in reply) ({ before } = reply)
        else {
          if (reply.acquired) inbox?.revokeSecret(owner)
          // A release that was asked for before may have gone on to the other script meanwhile.
          if (reply.acquired || (lineMs === 0 && !contended.has(name))) return reply
        }
      }
      contended.met(name)
      if (call?.signal?.aborted === true) throw aborted(transport, 'unknown')
    }
    const outcome = await acquireByLine(claim, before)
    if (outcome.acquired) contended.granted(name)
    else contended.met(name)
    return outcome
  }

  /** An exclusive claim that asks for no more than the name and its fence. */
  const isPlain = ({ mode, steal = false, fences = 1 }: Claim): boolean =>
    mode === 'exclusive' && !steal && (fences === 1 || !fencing)

  const acquireByLine = (claim: Claim, before?: Sending): Promise<AcquireOutcome> => {
    const { name, owner, fences = 1, lineMs = 0 } = claim
    uncontended.sendBefore(name)
    const channel = lineMs > 0 ? inbox?.channel() : undefined
    const command = claim.mode === 'shared' ? acquireSharedCommand : acquireCommand
    const args = { claim, fences: fencing ? fences : 0, secret: '', inbox: '', taken }
    if (inbox === undefined || channel === undefined) return runScript(command, keysOf(name), args, before)
    args.secret = inbox.issueSecret(claim)
    args.inbox = channel
    return runScript(command, keysOf(name), args, before).then(
      (outcome) => {
        inbox.onOutcome(owner, outcome)
        return outcome
      },
      (error: BackendError) => {
        if (error.executed === 'no') inbox.onNotExecuted(owner)
        throw error
      },
    )
  }

  const release = async (ownership: Ownership): Promise<ReleaseOutcome> => {
    const { name, owner, keepMs = 0 } = ownership
    inbox?.revokeSecret(owner)
    if (keepMs === 0 && !contended.has(name)) {
      if ((await uncontended.release(ownership)) === 'released') return 'released'
      contended.met(name)
    }
    uncontended.sendBefore(name)
    return runScript(releaseCommand, keysOf(name), { owner, keepMs })
  }

  const extend = createExtend({ transport, runScript, prefix, fencing, keysOf, spread })

  return Object.freeze({
    specVersion: 1,
    name: transport.name,
    capabilities,
    acquire,
    extend: (claims, call) => {
      inbox?.need()
      uncontended.sendAll()
      return extend(claims, call)
    },
    release,
    inspect: async (name: string): Promise<Inspection | null> => {
      uncontended.sendBefore(name)
      const found = await runScript(inspectCommand, keysOf(name), { line: false })
      return found && shown({ name, ...found })
    },
    evict: (name: string): Promise<boolean> => {
      uncontended.sendBefore(name)
      return runScript(evictCommand, keysOf(name), { name, taken })
    },
    ...(inbox !== undefined && { watch: inbox.watch }),
    ...(capabilities.list && {
      async *list(call?: CallOptions): AsyncGenerator<Inspection> {
        uncontended.sendAll()
        for await (const seen of list({ transport, connected, runScript, prefix }, call)) yield shown(seen)
      },
    }),
  } satisfies LockBackend)
}
