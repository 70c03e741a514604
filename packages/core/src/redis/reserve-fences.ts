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

  const command = commandOf(transport)

  return createCoalescer({
    sendMany: createInParts({
      spread,
      keyOf: ({ name }) => keysOf(name)[0] ?? '',
      send: (claims) =>
        runScript(
          command,
          claims.flatMap(({ name }) => keysOf(name).slice(0, 2)),
          claims,
        ),
    }),
    most: MOST,
  })
}

const commandOf = (transport: RedisTransport): ScriptCommand<readonly Claim[], readonly Answer<ExtendOutcome>[]> => ({
  script: extendFenced,
  argv: (claims) => claims.flatMap(({ owner, ttlMs, fences }) => [owner, `${ttlMs}`, `${fences ?? 1}`]),
  secrets: (claims) => claims.map(({ owner }) => owner),
  parse: (reply, claims, sending) => {
    const lines = textOf(reply).split('\n')
    if (lines.length !== claims.length) throw unknownReply(reply)
    return lines.map((line, i): Answer<ExtendOutcome> => {
      const { owner, ttlMs } = claims[i] as Claim
      if (line.startsWith('x')) {
        return { error: toBackendError(new Error(line.slice(1)), { transport, sending, secrets: [owner] }) }
      }
      const [fence] = matchReply(line, /^(?:l|e(\d+))$/)
      return {
        value:
          fence === undefined ? { status: 'lost' } : { status: 'extended', validMs: ttlMs, fence: fenceOrNull(fence) },
      }
    })
  },
})
