import { isLockError } from '../../src/errors/errors.js'
import type { Lease } from '../../src/lease.js'
import type { Locker } from '../../src/locker.js'
import type { AcquireOptions } from '../../src/options/options.js'
import type { Dice } from '../support/dice.js'
import type { Ask, Belief, Caller, Judge } from './judge.js'
import type { Station } from './station.js'
import { isCalm, type Weather } from './weather.js'

/** The state that the tasks of one history share. */
export interface Stage {
  readonly weather: Weather
  readonly judge: Judge
  readonly names: readonly string[]
  /** Leases on their way to another holder. */
  readonly tickets: {
    readonly text: string
    readonly identities: ReadonlyMap<string, object>
    readonly shortened: boolean
  }[]
  /** For each hold that was extended by hand, the time until which it lasts at least. */
  readonly promised: Map<object, number>
  /**
   * The holds of which a ticket was made while an extension was under way. That extension may be executed last, and so
   * bounds all later ones.
   */
  readonly bounded: WeakSet<object>
  /** The holds that were resumed: an earlier try of the ticket may be executed last, and bounds them by their ttl. */
  readonly resumed: WeakSet<object>
  readonly currentCaller: () => Caller | undefined
  readonly count: (event: string) => void
  readonly note: (line: string) => void
  /** Adds work that runs beside the tasks. The history waits for it at the end. */
  readonly beside: (station: Station, work: Promise<void>) => void
  /** Runs work in the async context of a caller. */
  runAs<T>(caller: Caller, work: () => T): T
  nextSeq(): number
  isEnding(): boolean
}

/** A caller that makes its calls one after the other, with its leases. */
export interface Task extends Caller {
  readonly station: Station
  readonly chance: Dice
  readonly mine: Belief[]
  /** The leases of the requests whose callbacks the task is in, innermost first. */
  readonly surrounding: Belief[]
}

export type Way = 'acquire' | 'tryAcquire' | 'request'

/** Counts a call of the task while it is under way. */
export async function calling<T>(task: Task, call: () => Promise<T>): Promise<T> {
  task.calls++
  try {
    return await call()
  } finally {
    task.calls--
  }
}

/** P7: a call settles within its budget, on the clock of its machine, if the machine ran all the time. */
export async function within<T>(
  stage: Stage,
  task: Task,
  [budgetMs, what]: [number, string],
  call: () => Promise<T>,
): Promise<T> {
  const { machine } = task
  const [since, interruptions, running] = [machine.now(), machine.interruptions, machine.running]
  try {
    return await calling(task, call)
  } finally {
    const tookMs = machine.now() - since
    // A call may also begin on a machine that is stopped: the answer that led to it was on its way.
    const ran = running && machine.interruptions === interruptions && machine.alive
    if (tookMs > budgetMs + 25 && ran) stage.judge.fail('P7', `${what} took ${tookMs} of ${budgetMs} ms`)
  }
}

const nothing = (): void => {}

/** A signal for a request, or none, and the work to do once the request was answered. */
export function drawSignal(
  { station, chance, machine }: Task,
  name: string,
): { signal?: AbortSignal; done: () => void } {
  const own = new AbortController()
  const abort = (): void => own.abort('aborted')
  const later = (ms: number): void =>
    void machine
      .sleep(ms)
      .then(() => machine.awake())
      .then(abort)
  const shared = (station.shared.at(-1) as AbortController).signal
  switch (chance.weighted({ none: 60, timed: 10, shared: 10, any: 8, atEvent: 8, before: 2, soon: 2 })) {
    case 'timed':
      later(chance.between(0, 400))
      return { signal: own.signal, done: nothing }
    case 'shared':
      return { signal: shared, done: nothing }
    case 'any':
      later(chance.between(0, 600))
      return { signal: AbortSignal.any([own.signal, shared]), done: nothing }
    case 'atEvent': {
      const entry = {
        hook: chance.weighted({ waiting: 1, contended: 1, acquired: 1, released: 1, lost: 1 }),
        name,
        abort,
      }
      station.atEvent.add(entry)
      return { signal: own.signal, done: () => station.atEvent.delete(entry) }
    }
    case 'before':
      abort()
      return { signal: own.signal, done: nothing }
    case 'soon':
      void Promise.resolve().then(abort)
      return { signal: own.signal, done: nothing }
    case 'none':
      break
  }
  return { done: nothing }
}

export interface Wanted {
  readonly way: Way
  readonly names: string | readonly string[]
  readonly options: AcquireOptions
}

/** Asks for a lease, and judges the end of the request. */
export async function ask(stage: Stage, task: Task, wanted: Wanted): Promise<Belief | null> {
  const { judge } = stage
  const { station, machine } = task
  const { way, options } = wanted
  const names = [wanted.names].flat()
  const { signal, done } = drawSignal(task, names[0] as string)
  const once = way === 'tryAcquire' || options.waitMs === 0
  const waitMs = once ? station.attemptMs : (options.waitMs ?? Infinity)
  const identities = identitiesOf(task, names, options)
  const request: Ask = {
    caller: task,
    names,
    mode: options.mode ?? 'exclusive',
    queued:
      !once &&
      names.length === 1 &&
      options.steal !== true &&
      identities.reentered === 0 &&
      options.retry === undefined,
    seq: stage.nextSeq(),
    since: machine.now(),
    waitMs,
    signal,
  }
  if (signal !== undefined) judge.signalUsed(signal, machine)
  judge.asks.add(request)
  const allOptions = signal === undefined ? options : { ...options, signal }
  const before = signal?.aborted === true
  try {
    const call = (): Promise<Lease | null> => callOf(station.locks, way)(wanted.names, allOptions)
    const lease = await within(stage, task, [waitMs, way], call)
    judge.asks.delete(request)
    if (lease === null) {
      if (!once) judge.fail('answer', `${way} answered null`)
      return null
    }
    if (before) judge.fail('abort', 'a request with an aborted signal was granted')
    return believe(stage, task, lease, { identities: identities.map, options, ask: request })
  } catch (error) {
    judge.asks.delete(request)
    judgeError(stage, task, error, {
      request: { ...request, way },
      reentered: identities.reentered,
      once,
      hasAttempts: options.retry !== undefined,
    })
    return null
  } finally {
    done()
  }
}

const callOf = (locks: Locker, way: Way) => (way === 'tryAcquire' ? locks.tryAcquire : locks.acquire)

/** The identity of the hold for each name of a request: a new one, or that of the lease that is re-entered. */
function identitiesOf(
  task: Task,
  names: readonly string[],
  { within: lease }: AcquireOptions,
): {
  readonly map: ReadonlyMap<string, object>
  readonly reentered: number
} {
  const around =
    lease !== undefined
      ? task.mine.concat(task.surrounding).filter((belief) => belief.lease === lease)
      : task.station.nested === undefined
        ? []
        : task.surrounding
  let reentered = 0
  const map = new Map<string, object>()
  for (const name of names) {
    const outer = around.map(({ identities }) => identities.get(name)).find((identity) => identity !== undefined)
    if (outer !== undefined) reentered++
    map.set(name, outer ?? {})
  }
  return { map, reentered }
}

/** Notes that the task believes to hold the lease. */
export function believe(
  { judge, weather }: Stage,
  task: Task,
  lease: Lease,
  {
    identities,
    options,
    ask: request,
    isResumed = false,
  }: {
    identities: ReadonlyMap<string, object>
    options: AcquireOptions
    ask: Ask | undefined
    isResumed?: boolean
  },
): Belief {
  // A re-entered lease has the terms of its first handle.
  const isAnew = options.within === undefined && task.surrounding.length === 0
  const belief: Belief = {
    lease,
    caller: task,
    identities,
    since: task.machine.now(),
    terms: { renew: options.renew ?? true, maxHoldMs: isAnew ? (options.maxHoldMs ?? Infinity) : Infinity },
    signalledAt: undefined,
    judgedWaking: task.machine.wokeAt,
    isResumed,
    given: false,
    released: false,
    deadline: undefined,
    lost: false,
    shortened: !isAnew || (options.ttlMs ?? weather.ttlMs) < 50,
  }
  judge.obtained(belief, request)
  return belief
}

function judgeError(
  stage: Stage,
  task: Task,
  error: unknown,
  {
    request,
    reentered,
    once,
    hasAttempts,
  }: { request: Ask & { readonly way: Way }; reentered: number; once: boolean; hasAttempts: boolean },
): void {
  const { judge, weather, count } = stage
  const { machine, station } = task
  const tookMs = machine.now() - request.since
  if (request.signal?.aborted === true && error === request.signal.reason) return count('aborted')
  if (isLockError(error, 'LOCK_CLOSED') && station.isClosed) return count('closed')
  if (isLockError(error, 'LOCK_BUSY') && request.way !== 'tryAcquire') {
    if (tookMs < request.waitMs - 2 && !hasAttempts && !once)
      judge.fail('P7', `LOCK_BUSY after ${tookMs} of ${request.waitMs} ms`)
    return count('busy')
  }
  if (isLockError(error, 'LOCK_INDETERMINATE') || isLockError(error, 'LOCK_BACKEND')) {
    if (!isCalm(weather)) return count('indeterminate')
    // The answer of a slow store may be under way when the budget ends.
    if (isLockError(error, 'LOCK_INDETERMINATE') && tookMs >= request.waitMs - 2) return count('indeterminate')
  }
  if (isLockError(error, 'LOCK_LOST') && reentered > 0) return count('lostNested')
  if (isLockError(error, 'LOCK_UNSUPPORTED') && reentered > 0) return count('unsupported')
  judge.fail('error', `${request.names.join()}: ${String((error as Error).stack ?? error)}`)
}
