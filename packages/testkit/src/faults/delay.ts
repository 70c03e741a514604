import { toPredicate, type CommandMatcher } from './command.js'
import { withFault, type Direction, type Fault, type FaultPlan, type Message } from './fault.js'

// Taken when the module loads, so that timers faked later by a test do not stop the tools of that test.
const { setTimeout } = globalThis

/** Options of `delay` of a fault proxy. */
export interface DelayOptions {
  readonly direction: Direction
  /** Milliseconds, counted from the arrival at the proxy. Later messages on the same connection never overtake. */
  readonly ms: number
  /** Default: everything that passes in that direction. */
  readonly match?: CommandMatcher
  /** Default `Infinity`. */
  readonly times?: number
}

/** Options of `hold` of a fault proxy. */
export interface HoldOptions {
  readonly direction: Direction
  /** Default: everything that passes in that direction. */
  readonly match?: CommandMatcher
  /** Default 1. Everything behind a held piece on the same connection waits too. */
  readonly times?: number
}

/** A fault that keeps the messages that it matched until `release`. */
export interface Hold extends Fault {
  /** Forwards the held messages, and holds no more. */
  release(): void
}

export function delay({ direction, ms, match, times = Infinity }: DelayOptions): FaultPlan {
  if (!(ms >= 0 && ms < 2 ** 31)) throw new RangeError(`ms must be between 0 and 2^31 - 1, not ${ms}`)
  return {
    kind: 'delay',
    times,
    applies: aim(direction, match),
    apply: () => ({ forward: true, wait: pause(ms) }),
  }
}

export function hold(arm: (plan: FaultPlan) => Fault, { direction, match, times }: HoldOptions): Hold {
  let open = (): void => {}
  const wait = new Promise<void>((resolve) => (open = resolve))
  const fault = arm({
    kind: 'hold',
    times,
    applies: aim(direction, match),
    apply: () => ({ forward: true, wait }),
  })
  const release = (): void => {
    fault.cancel()
    open()
  }
  return withFault(fault, { release })
}

function aim(direction: Direction, match?: CommandMatcher): (message: Message) => boolean {
  if (match === undefined) return (message) => message.direction === direction
  const isMeant = toPredicate(match)
  return (message) => message.direction === direction && !!message.command && isMeant(message.command)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    // A delayed message keeps no process alive; its connection does, as long as a client waits.
    setTimeout(resolve, ms).unref()
  })
}
