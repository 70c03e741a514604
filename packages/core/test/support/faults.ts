import { BackendError, type Clock } from '../../src/index.js'

/** The fate of a call on its way to the store and back. */
export type Fault = (execute: () => Promise<unknown>, clock: Clock) => Promise<unknown>

const later = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms))

const never = (): Promise<never> => new Promise(() => {})

const closed = (): BackendError => new BackendError('the connection was closed', { executed: 'unknown' })

export const pass: Fault = (execute) => execute()

/** The command never arrives, and the client cannot know. */
export const requestLost: Fault = async () => {
  throw closed()
}

/** The command is executed; the client does not get the reply, but learns that the connection has ended. */
export const replyLost: Fault = async (execute) => {
  await execute()
  throw closed()
}

/** The command is certainly not executed. */
export const refused =
  (retryable = true): Fault =>
  async () => {
    throw new BackendError('the store is loading', { executed: 'no', retryable })
  }

/** The client never settles, and the command never arrives. */
export const hangs: Fault = never

/** The command is executed, and the client never settles. */
export const hangsAfter: Fault = async (execute) => {
  await execute()
  return never()
}

/** A call that takes `thereMs` to the store and `backMs` back. */
export const slow =
  (thereMs: number, backMs = 0): Fault =>
  async (execute, clock) => {
    if (thereMs > 0) await later(clock, thereMs)
    const answer = await execute()
    if (backMs > 0) await later(clock, backMs)
    return answer
  }

/** The command is executed and answered, and executed once more after `ms`, without a second answer. */
export const repeatedAfter =
  (ms: number): Fault =>
  async (execute, clock) => {
    const answer = await execute()
    clock.setTimeout(() => void execute(), ms)
    return answer
  }

/** A client that throws instead of rejecting. */
export const throwsAtOnce: Fault = () => {
  throw new Error('this client throws')
}

export const rejectsWith =
  (error: unknown): Fault =>
  async () => {
    throw error
  }

/** A call that arrives, and is answered, when the test wants. */
export interface Gate {
  readonly fault: Fault
  /** Lets the command arrive at the store. */
  arrive(): void
  /** Lets the answer come back, after the command has arrived. */
  answer(): void
  /** Makes the client report the end of its connection. */
  fail(): void
}

export function gate(): Gate {
  let arrive!: () => void
  let answer!: () => void
  let fail!: () => void
  const arrival = new Promise<void>((resolve) => (arrive = resolve))
  const reply = new Promise<void>((resolve, reject) => {
    answer = resolve
    fail = (): void => reject(closed())
  })
  const fault: Fault = async (execute) => {
    const executed = arrival.then(execute)
    await reply
    return executed
  }
  return { fault, arrive, answer: (): void => (arrive(), answer()), fail }
}
