import { connectRaw, type RedisAddress } from '../redis/wire/raw-client.js'
import type { Reply } from '../redis/wire/resp.js'
import { toPredicate, type CommandMatcher } from './command.js'
import { withFault, type Fault, type FaultPlan } from './fault.js'

/** Options of `duplicate` of a fault proxy. */
export interface DuplicateOptions {
  readonly match: CommandMatcher
  /** How many matches are copied, from the first on. Default 1. */
  readonly times?: number
  /**
   * `'now'` (default): the copy is sent as soon as the request came by, on a connection of its own. `'later'`: it is kept
   * until `deliver`, as by a network that held it back.
   */
  readonly when?: 'now' | 'later'
}

/** A fault that sends requests twice. `fired` counts the requests that it copied. */
export interface Duplicate extends Fault {
  /** Sends the copies that were kept, in order, and resolves with the server's replies to all copies so far. */
  deliver(): Promise<readonly Reply[]>
}

export function duplicate(
  arm: (plan: FaultPlan) => Fault,
  target: RedisAddress,
  { match, times, when = 'now' }: DuplicateOptions,
): Duplicate {
  const isMeant = toPredicate(match)
  const kept: (readonly Buffer[])[] = []
  let delivered: Promise<readonly Reply[]> = Promise.resolve([])

  const deliver = (): Promise<readonly Reply[]> => {
    const copies = kept.splice(0)
    delivered = delivered.then(async (replies) => {
      const more: Reply[] = []
      for (const copy of copies) more.push(await sendCopy(target, copy))
      return [...replies, ...more]
    })
    // A caller that asks for the replies sees the failure; no caller has to ask.
    delivered.catch(() => {})
    return delivered
  }
  const fault = arm({
    kind: 'duplicate',
    times,
    applies: ({ direction, command }) => direction === 'request' && !!command && isMeant(command),
    apply: ({ setup, bytes }) => {
      kept.push([...setup(), bytes])
      if (when === 'now') void deliver()
      return { forward: true }
    },
  })
  return withFault(fault, { deliver })
}

/** Sends the requests on a fresh connection, which is logged in as the original one was, and answers the last reply. */
async function sendCopy(target: RedisAddress, requests: readonly Buffer[]): Promise<Reply> {
  const client = await connectRaw(target)
  try {
    let last: Reply = null
    for (const request of requests) last = await client.send(request).catch(asValue)
    return last
  } finally {
    client.close()
  }
}

function asValue(error: unknown): Error {
  if (error instanceof Error && error.name === 'ReplyError') return error
  throw error
}
