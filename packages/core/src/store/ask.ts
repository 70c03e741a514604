import { type Background, runInBackground } from '../timers/background.js'
import type { TimerQueue } from '../timers/timer-queue.js'
import { checkListed } from './answers.js'
import { callStore, isCallFailure } from './call.js'
import type { CallOptions, Inspection, LockBackend } from '../backend.js'
import type { Clock } from '../clock.js'
import { LockError } from '../errors/errors.js'
import { callError } from '../errors/call-error.js'

/** The parts of a locker with which the store is asked. */
export interface Asking {
  readonly backend: LockBackend
  readonly clock: Clock
  readonly waitTimers: TimerQueue
  readonly background: Background
  /** Asked between the steps. Throws when nothing is to be begun any more. */
  throwIfClosed(): void
}

/**
 * Lists all leases and waiters. Each piece of the answer is waited for as long as one call, counted from the last time
 * that the store has answered: among many foreign keys, one piece may take many answers.
 */
export async function* listAll(engine: Asking, timeoutMs: number): AsyncGenerator<Inspection> {
  const { backend } = engine
  const { list } = backend
  if (!backend.capabilities.list || list === undefined)
    throw new LockError('LOCK_UNSUPPORTED', `the backend ${backend.name} cannot list`)
  const { clock, waitTimers: waits } = engine
  const controller = new AbortController()
  let since = clock.now()
  const progress = (): void => {
    since = clock.now()
  }
  let found: AsyncIterator<Inspection> | undefined
  // Within a call: a backend that throws at once has failed like any other.
  const ask = (): Promise<IteratorResult<Inspection>> =>
    (found ??= list.call(backend, { signal: controller.signal, progress })[Symbol.asyncIterator]()).next()

  const nextOf = async (): Promise<IteratorResult<Inspection>> => {
    progress()
    let pending: Promise<IteratorResult<Inspection>> | undefined
    for (;;) {
      engine.throwIfClosed()
      const until = since + timeoutMs
      const asking = callStore(() => (pending ??= ask()), { timers: waits, until }, { check: checkListed })
      runInBackground(engine, asking)
      const answer = await asking
      if (!isCallFailure(answer)) return answer
      if (!answer.unanswered || since + timeoutMs <= until) throw callError('the list of all locks failed', answer)
    }
  }

  try {
    for (;;) {
      const next = await nextOf()
      if (next.done === true) {
        found = undefined
        return
      }
      yield next.value
    }
  } finally {
    controller.abort()
    // The list may have taken a connection or a cursor, which it gives back when it is ended.
    void endEarly(found)
  }
}

/** Never rejects. */
async function endEarly(list: AsyncIterator<Inspection> | undefined): Promise<void> {
  try {
    await list?.return?.()
  } catch {}
}

/**
 * Makes a call that is neither retried nor undone.
 * @param failed the text with which the message of an error begins
 */
export async function askOnce<T>(
  engine: Pick<Asking, 'clock' | 'waitTimers' | 'background'>,
  failed: string,
  timeoutMs: number,
  call: (options: CallOptions) => Promise<T>,
  check: (answer: T) => void,
): Promise<T> {
  const { clock, waitTimers: timers } = engine
  const asking = callStore(call, { timers, until: clock.now() + timeoutMs }, { check })
  runInBackground(engine, asking)
  const answer = await asking
  if (!isCallFailure(answer)) return answer
  throw callError(failed, answer)
}
