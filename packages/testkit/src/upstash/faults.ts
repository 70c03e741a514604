import { toPredicate, type Command, type CommandMatcher } from '../faults/command.js'
import { createTrigger, type Fault, type Trigger } from '../faults/fault.js'

/** Which requests a fault of the gateway acts on. */
export interface GatewayFaultOptions {
  /** Acts on a request that holds a matching command, among others or alone. Default: every request. */
  readonly match?: CommandMatcher
  /** How many requests are struck, from the first on. Default 1. */
  readonly times?: number
}

/** Options of `answer` of a gateway. */
export interface AnswerOptions extends GatewayFaultOptions {
  /** 429, 401, 502, … */
  readonly status: number
  /** Default: a page of HTML from 500 on, as of a proxy; otherwise JSON with an `error`. */
  readonly body?: string
  /** Whether Redis executes the commands nevertheless. Default: from 500 on. */
  readonly executed?: boolean
}

/** Options of `hang` of a gateway. */
export interface HangOptions extends GatewayFaultOptions {
  /** Whether Redis executes the commands nevertheless. Default false. */
  readonly executed?: boolean
}

/** Options of `slow` of a gateway. */
export interface SlowOptions extends GatewayFaultOptions {
  readonly ms: number
  /** Before Redis is asked, or after it has answered. */
  readonly direction: 'request' | 'reply'
}

/** The end of a request in place of the reply: an answer of the gateway, a cut, or nothing at all. */
export type Ending = 'cut' | 'silence' | { readonly status: number; readonly body: string }

/** The treatment of a request. */
export interface Course {
  readonly executed: boolean
  readonly ending: Ending | undefined
  readonly delayMs: number
  readonly replyDelayMs: number
}

interface Armed extends Trigger {
  readonly isMeant: (commands: readonly Command[]) => boolean
  readonly change: (course: Course) => Course
}

export interface GatewayFaults {
  readonly arm: (kind: string, options: GatewayFaultOptions, change: (course: Course) => Course) => Fault
  readonly decide: (commands: readonly Command[]) => Course
  readonly all: () => readonly Fault[]
  readonly cancelAll: (reason: string) => void
}

const UNDISTURBED: Course = { executed: true, ending: undefined, delayMs: 0, replyDelayMs: 0 }

/** Makes faults that act in the order of arming, up to the first that settles how the request ends. */
export function createGatewayFaults(): GatewayFaults {
  const all: Armed[] = []
  return {
    arm: (kind, { match, times }, change) => {
      const meant = match === undefined ? () => true : toPredicate(match)
      const trigger = createTrigger(kind, times)
      all.push({ ...trigger, change, isMeant: (commands) => commands.some(meant) })
      return trigger.fault
    },
    decide: (commands) => {
      let course = UNDISTURBED
      for (const { isMeant, take, change } of all) {
        if (isMeant(commands) && take()) course = change(course)
        if (course.ending !== undefined) break
      }
      return course
    },
    all: () => all.map(({ fault }) => fault),
    cancelAll: (reason) => all.forEach(({ cancel }) => cancel(reason)),
  }
}

/** The methods of a gateway that arm its faults. */
export interface GatewayFaultMethods {
  /** The classic lost reply: Redis executes the commands, and the connection ends without an answer. */
  loseReply(options?: GatewayFaultOptions): Fault
  /** The commands never reach Redis, and the connection ends. */
  loseRequest(options?: GatewayFaultOptions): Fault
  /**
   * Answers something else than Redis: 429 and 401 without asking it, 502 with a page of HTML after Redis has executed
   * the commands.
   */
  answer(options: AnswerOptions): Fault
  /** Never answers; the connection stays open. */
  hang(options?: HangOptions): Fault
  /** Answers late, for every request unless `times` says otherwise. */
  slow(options: SlowOptions): Fault
}

const TEXTS: ReadonlyMap<number, string> = new Map([
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [429, 'Too Many Requests'],
])

export function faultMethods({ arm }: GatewayFaults): GatewayFaultMethods {
  const end =
    (ending: Ending, executed: boolean) =>
    (course: Course): Course => ({ ...course, ending, executed })
  return {
    loseReply: (options = {}) => arm('loseReply', options, end('cut', true)),
    loseRequest: (options = {}) => arm('loseRequest', options, end('cut', false)),
    answer: ({ status, body = bodyOf(status), executed = status >= 500, ...options }) =>
      arm('answer', options, end({ status, body }, executed)),
    hang: ({ executed = false, ...options } = {}) => arm('hang', options, end('silence', executed)),
    slow: ({ ms, direction, times = Infinity, ...options }) => {
      if (!(ms >= 0 && ms < 2 ** 31)) throw new RangeError(`ms must be between 0 and 2^31 - 1, not ${ms}`)
      const key = direction === 'request' ? 'delayMs' : 'replyDelayMs'
      return arm('slow', { ...options, times }, (course) => ({ ...course, [key]: course[key] + ms }))
    },
  }
}

function bodyOf(status: number): string {
  if (status >= 500) return `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`
  return JSON.stringify({ error: TEXTS.get(status) ?? 'Bad Request' })
}
