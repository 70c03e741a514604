import { toPredicate, type CommandMatcher } from './command.js'
import type { Direction, Ending, FaultPlan } from './fault.js'

/** Options of `loseRequest` and `loseReply` of a fault proxy. */
export interface LoseOptions {
  /** Which commands, or the replies to which commands. */
  readonly match: CommandMatcher
  /** How many matches are lost, from the first on. Default 1. */
  readonly times?: number
  /** The treatment of the connection. Default `'cut'`. */
  readonly ending?: Ending
}

/** Drops each match: the command never arrives, or it is executed and its reply never arrives. */
export function lose(direction: Direction, { match, times, ending = 'cut' }: LoseOptions): FaultPlan {
  const isMeant = toPredicate(match)
  return {
    kind: direction === 'reply' ? 'loseReply' : 'loseRequest',
    times,
    applies: (message) => message.direction === direction && !!message.command && isMeant(message.command),
    // The connection never goes on: a stream without one reply gives all later replies to the wrong command.
    apply: () => ({ forward: false, ending }),
  }
}

/** Options of `cut` of a fault proxy. */
export interface CutOptions {
  readonly direction: Direction
  /** The bytes to look for in every command, reply or push as a whole, whatever packets it comes in. */
  readonly bytes: string | Uint8Array
  /** Whether the message with the bytes is still forwarded: as a whole (`'after'`) or not at all (`'before'`). */
  readonly when: 'before' | 'after'
  /** Default 1. */
  readonly times?: number
}

/** Cuts the connection where bytes pass. */
export function cutAt({ direction, bytes, when, times }: CutOptions): FaultPlan {
  const needle = Buffer.from(bytes)
  if (needle.length === 0) throw new RangeError('bytes must not be empty')
  return {
    kind: 'cut',
    times,
    applies: (message) => message.direction === direction && message.bytes.includes(needle),
    apply: () => ({ forward: when === 'after', ending: 'cut' }),
  }
}

/** Swallows everything in the given directions, from now on and on every connection. */
export function blackhole(directions: readonly Direction[]): FaultPlan {
  return {
    kind: 'blackhole',
    times: Infinity,
    applies: ({ direction }) => directions.includes(direction),
    apply: () => ({ forward: false, ending: 'swallow' }),
  }
}
