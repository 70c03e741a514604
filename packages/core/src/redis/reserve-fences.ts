import type { Claim, ExtendOutcome } from '../backend.js'
import { type Answer, type Coalescer, createCoalescer } from '../timers/coalescer.js'
import { toBackendError } from './failure.js'
import { createInParts, type Spread } from './in-parts.js'
import { fenceOrNull, matchReply, textOf, unknownReply } from './reply.js'
import type { RunScript, ScriptCommand } from './script.js'
import { extendFenced } from './scripts.generated.js'
import type { RedisTransport } from './transport.js'

/** How many claims go into one script at most. */
const MOST = 32

export interface ReserveSettings {
  readonly transport: RedisTransport
  readonly runScript: RunScript
  /** The keys of a name: lock, fence, line, places. */
  readonly keysOf: (name: string) => string[]
  readonly spread: Spread
}

/** Extends exclusive leases and reserves fences for them, by one script for all claims of one turn of the event loop. */
export function createReserveFences(settings: ReserveSettings): Coalescer<Claim, ExtendOutcome> {
  const { transport, runScript, keysOf, spread } = settings

  const send = async (claims: readonly Claim[]): Promise<readonly Answer<ExtendOutcome>[]> => {
    const connection = transport.connection?.()
    const keys = claims.flatMap(({ name }) => keysOf(name).slice(0, 2))
    const replies = await runScript(extendFencedCommand, keys, claims)
    return replies.map((reply, i) => {
      if (!('refused' in reply)) return { value: reply }
      const secrets = [(claims[i] as Claim).owner]
      return { error: toBackendError(new Error(reply.refused), transport, { secrets, connection }) }
    })
  }

  return createCoalescer({
    sendMany: createInParts({ spread, keyOf: ({ name }) => keysOf(name)[0] ?? '', send }),
    most: MOST,
  })
}

type Reply = ExtendOutcome | { readonly refused: string }

const extendFencedCommand: ScriptCommand<readonly Claim[], readonly Reply[]> = {
  script: extendFenced,
  argv: (claims) => claims.flatMap(({ owner, ttlMs, fences }) => [owner, `${ttlMs}`, `${fences ?? 1}`]),
  secrets: (claims) => claims.map(({ owner }) => owner),
  parse: (reply, claims) => {
    const lines = textOf(reply).split('\n')
    if (lines.length !== claims.length) throw unknownReply(reply)
    return lines.map((line, i): Reply => {
      if (line.startsWith('x')) return { refused: line.slice(1) }
      const [fence] = matchReply(line, /^(?:l|e(\d+))$/)
      if (fence === undefined) return { status: 'lost' }
      return { status: 'extended', validMs: (claims[i] as Claim).ttlMs, fence: fenceOrNull(fence) }
    })
  },
}
