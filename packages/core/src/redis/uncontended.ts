import type { AcquireOutcome, CallOptions, Claim, Ownership } from '../backend.js'
import { BackendError } from '../errors/errors.js'
import { type Answer, type Coalescer, createCoalescer } from '../timers/coalescer.js'
import { toBackendError } from './failure.js'
import { createInParts, type Spread } from './in-parts.js'
import { matchReply, numberOrNull, textOf, unknownReply } from './reply.js'
import { type RunScript, type ScriptCommand, sentTwice } from './script.js'
import { uncontended } from './scripts.generated.js'
import { hasChanged, mayBeSentTwice, type Sending } from './sending.js'
import type { RedisTransport } from './transport.js'

/** A request to take a name that is free, or to free it. */
interface NameRequest {
  /** Lock, fence, line, places. */
  readonly keys: readonly string[]
  readonly owner: string
  /** Absent: frees the name. */
  readonly ttlMs?: number
  readonly call?: CallOptions | undefined
}

/**
 * Others may wait for the name, or hold it: the script that knows the line has to be asked. Nothing was written by what
 * gave this answer. `before`: how it was sent, if that may have been twice.
 */
interface AskOthers {
  readonly before: Sending | undefined
}

type Reply = AcquireOutcome | 'released' | AskOthers

/** How many requests one script grants at most: the server is kept for less than 0.2 ms by so many. */
const MOST = 32

/** Takes and frees names that nobody else wants: one script for all that is asked in one turn of the event loop. */
export interface Uncontended {
  acquire(claim: Claim, call: CallOptions | undefined): Promise<Reply>
  release(ownership: Ownership): Promise<Reply>
  /** To be called before another command on this name is sent: it must not overtake what was asked before. */
  sendBefore(name: string): void
  /** As {@link sendBefore}, for all names. */
  sendAll(): void
}

export interface UncontendedSettings {
  readonly transport: RedisTransport
  readonly runScript: RunScript
  readonly fencing: boolean
  readonly keysOf: (name: string) => string[]
  readonly spread: Spread
}

export function createUncontended(settings: UncontendedSettings): Uncontended {
  const { transport, runScript, fencing, keysOf, spread } = settings
  const command = commandOf(transport, fencing)
  // The key that shows that somebody waits: the fence, by its mark, or the line itself.
  const beside = fencing ? 1 : 2

  const send = (requests: readonly NameRequest[]): Promise<readonly Answer<Reply>[]> => {
    const keys: string[] = []
    for (const request of requests) keys.push(request.keys[0] ?? '', request.keys[beside] ?? '')
    return runScript(command, keys, requests)
  }

  const sendInParts = createInParts({ spread, keyOf: ({ keys }: NameRequest) => keys[0] ?? '', send })

  const coalescer: Coalescer<NameRequest, Reply> = createCoalescer({
    // Most often there is one, which has no parts: the step less is worth a hundredth of the time of a pair.
    sendMany: (requests) => (requests.length === 1 ? send(requests) : sendInParts(requests)),
    most: MOST,
    refusalOf: ({ call }) => (isAborted(call) ? aborted(transport, 'no') : undefined),
  })

  return {
    acquire: ({ name, owner, ttlMs }, call) => coalescer.ask({ keys: keysOf(name), owner, ttlMs, call }),
    release: ({ name, owner }) => coalescer.ask({ keys: keysOf(name), owner }),
    sendBefore: (name) => {
      const keys = keysOf(name)
      if (coalescer.isGathering((request) => request.keys[0] === keys[0])) coalescer.flush()
    },
    sendAll: coalescer.flush,
  }
}

/**
 * Whether a caller with a signal of its own has aborted. The signal of core is not read: core makes one only when it is
 * read, which costs more than the command. So a claim that core has given up is sent, and its release follows in the
 * same script.
 */
const isAborted = (call: CallOptions | undefined): boolean =>
  call !== undefined && Object.hasOwn(call, 'signal') && call.signal?.aborted === true

/** The error of a claim that was aborted. Asked for again, it may have been granted: a client may have sent it twice. */
export const aborted = ({ name }: RedisTransport, executed: BackendError['executed']): BackendError =>
  new BackendError(`${name}: the call was aborted`, { executed })

type Command = ScriptCommand<readonly NameRequest[], readonly Answer<Reply>[]>

function commandOf(transport: RedisTransport, fencing: boolean): Command {
  const answerOf = (line: string, request: NameRequest, sending: Sending): Answer<Reply> => {
    if (line[0] === 'x') {
      return { error: toBackendError(new Error(line.slice(1)), { transport, sending, secrets: [request.owner] }) }
    }
    if (line !== 'o') return { value: meaningOf(line, request, fencing) }
    // A first execution may have freed the name.
    const mayBeRepeat = request.ttlMs === undefined && hasChanged(sending, transport)
    if (mayBeRepeat) return { error: sentTwice(transport) }
    return { value: { before: mayBeSentTwice(sending, transport) ? sending : undefined } }
  }

  return {
    script: uncontended,
    argv: (requests) => {
      const words = [fencing ? '1' : '0']
      for (const { owner, ttlMs } of requests) words.push(owner, ttlMs === undefined ? '' : `${ttlMs}`)
      return words
    },
    secrets: (requests) => requests.map(({ owner }) => owner),
    parse: (reply, requests, sending) => {
      const text = textOf(reply)
      const lines = requests.length === 1 ? [text] : text.split('\n')
      if (lines.length !== requests.length) throw unknownReply(reply)
      return lines.map((line, i) => answerOf(line, requests[i] as NameRequest, sending))
    },
  }
}

/** The meaning of a line of the reply. */
function meaningOf(line: string, { ttlMs }: NameRequest, fencing: boolean): AcquireOutcome | 'released' {
  if (ttlMs === undefined) {
    if (line === 'r') return 'released'
  } else if (fencing ? line[0] === 'a' : line === 'a') {
    return { acquired: true, validMs: ttlMs, fence: fencing ? fenceAfterLetter(line) : null }
  } else {
    const [left] = matchReply(line, /^b(\d*):$/)
    return { acquired: false, retryAfterMs: numberOrNull(left), ahead: null }
  }
  throw unknownReply(line)
}

const ZERO = 48

/** Digit by digit: of each uncontended acquisition, `Number` and a pattern would be the slowest part of this process. */
function fenceAfterLetter(line: string): number {
  let fence = line.length > 1 ? 0 : NaN
  for (let i = 1; i < line.length; i++) {
    const digit = line.charCodeAt(i) - ZERO
    fence = digit >= 0 && digit <= 9 ? fence * 10 + digit : NaN
  }
  if (!Number.isSafeInteger(fence)) throw unknownReply(line)
  return fence
}
