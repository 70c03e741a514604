import { BackendError } from '../errors/errors.js'
import { toBackendError } from './failure.js'
import type { HandOver } from './hold-back.js'
import { textOf } from './reply.js'
import { advance } from './scripts.generated.js'
import { createSendScript } from './send.js'
import { hasChanged, type LuaScript, newSending, type Sending } from './sending.js'
import type { RedisTransport } from './transport.js'

/** A script with the meaning of its arguments and of its reply: the only way to call it. */
export interface ScriptCommand<Args, Reply> {
  readonly script: LuaScript
  /** Its ARGV. */
  argv(args: Args): string[]
  /** How many ARGV the script reads, if some may be missing at the end. */
  readonly arity?: number
  /** The arguments that no error may show. */
  secrets?(args: Args): readonly string[]
  /** The meaning of its reply. Throws for a reply that this version does not know. */
  parse(reply: unknown, args: Args, sending: Sending): Reply
  /** Whether this may be the answer to a second execution, where the first did what was asked. */
  mayBeRepeat?(reply: Reply): boolean
  /** Whether it works on the line of a name, of which one call does a portion: see `scripts/beside.inc.lua`. */
  readonly movesLine?: boolean
}

/**
 * Runs a script on keys, perhaps on behalf of a call for which another was sent before. Rejects with a `BackendError`
 * without secrets.
 */
export type RunScript = <Args, Reply>(
  command: ScriptCommand<Args, Reply>,
  keys: string[],
  args: Args,
  before?: Sending,
) => Promise<Reply>

/** The script could not decide, for too many places in the line have ended: it dropped some of them. */
const UNDECIDED = 'm'
/** At the end of a reply: the line can move on further. */
const MORE = /\+$/

/** Runs scripts over this transport. */
export function createRunScript(transport: RedisTransport, handOver: HandOver): RunScript {
  const send = createSendScript(transport, handOver)
  const moveOn = createMoveOn((keys) => send(newSending(advance, keys, [])))

  /** Each call drops or admits a portion of the line, so this ends. */
  const decide = async (sending: Sending): Promise<string> => {
    for (;;) {
      const reply = textOf(await send(sending))
      if (MORE.test(reply)) moveOn(sending.keys)
      if (reply !== UNDECIDED) return reply.replace(MORE, '')
    }
  }

  return (command, keys, args, before) => {
    const argv = command.argv(args)
    if (transport.distinct === true) while (argv.length < (command.arity ?? 0)) argv.push('')
    const sending = newSending(command.script, keys, argv, before)
    const onReply = (answer: unknown): ReturnType<typeof command.parse> => {
      const reply = command.parse(answer, args, sending)
      if (command.mayBeRepeat?.(reply) === true && hasChanged(sending, transport)) throw sentTwice(transport)
      return reply
    }
    const onError = (error: unknown): never => {
      throw toBackendError(error, { transport, sending, secrets: command.secrets?.(args) })
    }
    if (command.movesLine === true) return decide(sending).then(onReply, onError)
    return send(sending, onReply, onError)
  }
}

/** The answer is that of a second execution, where a first one may have done what was asked. */
export const sentTwice = ({ name }: RedisTransport): BackendError =>
  new BackendError(`${name}: the client may have sent the command twice`, { executed: 'unknown' })

/**
 * Moves lines on as far as they can, where a script has left the rest of its work: at once, so that no waiter waits
 * longer for it than a round trip, and one call at a time for each name. It may fail without harm, for every later call
 * of anybody on the name moves its line on too.
 */
function createMoveOn(call: (keys: string[]) => Promise<unknown>): (keys: string[]) => void {
  /** Names whose line is moved on, and whether another reply asked for it meanwhile. */
  const underWay = new Map<string, { again: boolean }>()

  const moveOn = async (lock: string, keys: string[], state: { again: boolean }): Promise<void> => {
    try {
      do {
        state.again = false
        if (MORE.test(textOf(await call(keys)))) state.again = true
      } while (state.again)
    } finally {
      underWay.delete(lock)
    }
  }

  return (keys) => {
    const [lock = ''] = keys
    const state = underWay.get(lock)
    if (state !== undefined) {
      state.again = true
      return
    }
    const begun = { again: false }
    underWay.set(lock, begun)
    void moveOn(lock, keys, begun).catch(() => {})
  }
}
