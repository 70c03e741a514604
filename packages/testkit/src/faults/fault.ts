import type { Command } from './command.js'
import { createCounter } from './counter.js'

/** Client to server, or server to client. */
export type Direction = 'request' | 'reply'

/**
 * The fate of a connection: `'cut'`, both sides are closed; `'swallow'`, both stay open, but nothing passes any more
 * in that direction; `'half-open'`, the server's side is closed, the client's stays open and hears nothing.
 */
export type Ending = 'cut' | 'swallow' | 'half-open'

/** An armed fault. */
export interface Fault {
  /** The method that armed the fault: `'loseReply'`. */
  readonly kind: string
  /** How often the fault has applied so far. A run in which a fault never fired is no evidence. */
  readonly fired: number
  /** Resolves when the fault has fired `count` times (default 1); rejects when it is cancelled before. */
  whenFired(count?: number): Promise<void>
  /** Disarms the fault. Its effects so far stay. */
  cancel(): void
}

/** A command, reply or push on its way through the proxy. */
export interface Message {
  readonly direction: Direction
  readonly bytes: Buffer
  /** The command that the message is, or that it answers. */
  readonly command: Command | undefined
  readonly setup: () => readonly Buffer[]
}

/** The treatment of a message. */
export interface Verdict {
  readonly forward: boolean
  /** The treatment of the connection thereafter; it goes on unless given. */
  readonly ending?: Ending | undefined
  /** The promise that the message and everything behind it wait for. */
  readonly wait?: Promise<void>
}

export interface FaultPlan {
  readonly kind: string
  /** How often the fault applies. Default 1. */
  readonly times?: number | undefined
  readonly applies: (message: Message) => boolean
  readonly apply: (message: Message) => Verdict
}

/** The faults of a proxy. */
export interface Faults {
  readonly arm: (plan: FaultPlan) => Fault
  readonly decide: (message: Message) => Verdict
  readonly all: () => readonly Fault[]
  readonly cancelAll: (reason: string) => void
}

interface Armed extends Trigger {
  readonly plan: FaultPlan
}

export function createFaults(): Faults {
  const all: Armed[] = []
  return {
    arm: (plan) => {
      const armed = armFault(plan)
      all.push(armed)
      return armed.fault
    },
    decide: (message) => {
      let verdict: Verdict = { forward: true }
      for (const { plan, take } of all) {
        if (plan.applies(message) && take()) verdict = both(verdict, plan.apply(message))
        // The verdict on the connection is settled; a later fault would count a message that never arrives.
        if (verdict.ending) break
      }
      return verdict
    },
    all: () => all.map(({ fault }) => fault),
    cancelAll: (reason) => all.forEach(({ cancel }) => cancel(reason)),
  }
}

function armFault(plan: FaultPlan): Armed {
  return { plan, ...createTrigger(plan.kind, plan.times) }
}

/** A fault that applies a limited number of times. */
export interface Trigger {
  readonly fault: Fault
  /** Counts one application; false when there are none left. */
  readonly take: () => boolean
  readonly cancel: (reason: string) => void
}

export function createTrigger(kind: string, times = 1): Trigger {
  if (!(times === Infinity || (Number.isInteger(times) && times > 0))) {
    throw new RangeError(`times must be a positive integer or Infinity, not ${times}`)
  }
  const counter = createCounter()
  let active = true
  const take = (): boolean => {
    if (!active || counter.value() >= times) return false
    counter.increase()
    return true
  }
  const cancel = (reason: string): void => {
    active = false
    counter.close(reason)
  }
  const fault: Fault = Object.freeze({
    kind,
    get fired() {
      return counter.value()
    },
    whenFired: (count = 1) => counter.reached(count),
    cancel: () => cancel(`the fault ${kind} was cancelled`),
  })
  return { fault, take, cancel }
}

/** Adds members to a fault. A spread would freeze its count. */
export function withFault<T extends object>(fault: Fault, more: T): Fault & T {
  const { kind, whenFired, cancel } = fault
  return Object.freeze({
    ...more,
    kind,
    get fired() {
      return fault.fired
    },
    whenFired,
    cancel,
  })
}

function both(first: Verdict, second: Verdict): Verdict {
  const waits = [first.wait, second.wait].filter((wait) => wait !== undefined)
  return {
    forward: first.forward && second.forward,
    ending: first.ending ?? second.ending,
    ...(waits.length > 0 ? { wait: Promise.all(waits).then(() => {}) } : {}),
  }
}
