import { isLockError } from '../../src/errors/errors.js'
import type { Lease, ReleaseResult } from '../../src/lease.js'
import type { AcquireOptions } from '../../src/options/options.js'
import { ask, believe, calling, type Stage, type Task, within } from './calls.js'
import type { Belief, Running } from './judge.js'
import { isCalm, type Theme } from './weather.js'

const ERROR = new Error('the callback fails')

/** The actions of a task, with their weights. */
const VERBS: Record<string, readonly [weight: number, act: (stage: Stage, task: Task) => Promise<void>]> = {
  obtain: [30, obtain],
  request: [12, request],
  reenter: [10, reenter],
  give: [16, giveOne],
  extend: [8, extendOne],
  ticket: [3, handOn],
  resume: [4, resume],
  web: [8, webLock],
  force: [3, forceRelease],
  look: [3, lookAround],
  signal: [6, askForSignal],
  rest: [14, rest],
}
const MIXED = Object.fromEntries(Object.entries(VERBS).map(([verb, [weight]]) => [verb, weight]))

/** The weights of the actions, by the theme of a history. */
const THEMES: Record<Theme, Record<string, number>> = {
  mixed: MIXED,
  crowd: { ...MIXED, obtain: 60, give: 60, web: 1, rest: 5, ticket: 1, resume: 1 },
  web: { ...MIXED, web: 60, rest: 5 },
  force: { ...MIXED, force: 15, signal: 30, rest: 20 },
  reentry: { ...MIXED, obtain: 40, reenter: 40, request: 30, give: 50 },
}

/** Makes one call after the other until the history ends, then releases all leases of the task. */
export async function play(stage: Stage, task: Task, steps: number): Promise<void> {
  const { machine, station, chance } = task
  for (let step = 0; step < steps && !stage.isEnding() && !station.isClosed; step++) {
    const verb = chance.weighted(THEMES[stage.weather.theme])
    await (VERBS[verb] as (typeof VERBS)[string])[1](stage, task)
    if (chance.chance(0.5)) continue
    await machine.sleep(chance.between(0, stage.weather.theme === 'crowd' ? 10 : 40))
    await machine.awake()
  }
  while (task.mine.length > 0) await give(stage, task, task.mine.pop() as Belief)
}

function pickName({ names }: Stage, { chance }: Task): string {
  return names[chance.between(0, names.length - 1)] as string
}

const pick = <T>({ chance }: Task, list: readonly T[]): T | undefined => list[chance.between(0, list.length - 1)]

async function pause({ machine }: Task, ms: number): Promise<void> {
  await machine.sleep(ms)
  await machine.awake()
}

async function rest(_: Stage, task: Task): Promise<void> {
  await pause(task, task.chance.between(0, task.chance.chance(0.1) ? 1_500 : 150))
}

/** Draws options. A caller that holds a lease waits for a limited time: two such callers may wait for each other. */
function drawOptions({ weather }: Stage, { chance, mine, surrounding }: Task): AcquireOptions {
  const isCrowd = weather.theme === 'crowd'
  const shared = chance.chance(isCrowd ? 0.15 : 0.3)
  const holdsNothing = mine.length === 0 && surrounding.length === 0
  const waitMs = chance.chance(0.1)
    ? 0
    : holdsNothing && chance.chance(0.2)
      ? Infinity
      : chance.between(1, holdsNothing ? 2_000 : 300)
  return {
    waitMs,
    ...(shared && { mode: 'shared' as const }),
    ...(shared && chance.chance(0.5) && { limit: chance.between(1, 3) }),
    ...(chance.chance(isCrowd ? 0.05 : 0.15) && { renew: false }),
    ...(chance.chance(0.1) && { maxHoldMs: chance.between(1, 2 * weather.ttlMs) }),
    ...(chance.chance(0.1) && { ttlMs: chance.between(Math.max(60, weather.ttlMs), 3_000) }),
    ...(chance.chance(0.05) && { retry: { maxAttempts: chance.between(1, 3), backoff: () => 20 } }),
    ...(chance.chance(0.05) && { minHoldMs: chance.between(0, 200) }),
  }
}

/** Removes a contradiction: minHoldMs may be out of range with maxHoldMs. */
function valid(options: AcquireOptions): AcquireOptions {
  const { minHoldMs, maxHoldMs } = options
  return minHoldMs === undefined || maxHoldMs === undefined ? options : { ...options, minHoldMs: 0 }
}

function drawNames(stage: Stage, task: Task): string | readonly string[] {
  if ((stage.weather.theme === 'crowd' || stage.weather.theme === 'reentry') && task.chance.chance(0.8))
    return stage.names[0] as string
  if (!task.chance.chance(0.25)) return pickName(stage, task)
  const several = stage.names.filter(() => task.chance.chance(0.6))
  if (several.length === 0) return pickName(stage, task)
  return task.chance.chance(0.5) ? several : several.toReversed()
}

async function obtain(stage: Stage, task: Task): Promise<void> {
  const { chance } = task
  if (task.mine.length >= (stage.weather.theme === 'crowd' ? 1 : 3)) return giveOne(stage, task)
  const options = valid(drawOptions(stage, task))
  const steal = stage.weather.force && chance.chance(stage.weather.theme === 'force' ? 0.4 : 0.15)
  const belief = await ask(stage, task, {
    way: chance.chance(0.15) ? 'tryAcquire' : 'acquire',
    names: drawNames(stage, task),
    options: steal ? { ...options, steal } : options,
  })
  if (belief === null) return
  task.mine.push(belief)
  if (chance.chance(0.4)) await askForSignalOf(stage, task, belief)
}

async function reenter(stage: Stage, task: Task): Promise<void> {
  const { chance } = task
  const outer = pick(
    task,
    task.mine.filter(({ lease }) => lease.held),
  )
  if (outer === undefined || task.mine.length >= 5) return
  const some = pick(task, outer.lease.names) as string
  const names = chance.chance(0.25) ? [...new Set([some, pickName(stage, task)])] : some
  const { ttlMs: _, maxHoldMs: __, ...options } = drawOptions(stage, task)
  const mode = chance.chance(0.5) ? ('shared' as const) : (options.mode ?? 'exclusive')
  const { limit: ___, ...others } = options
  const wanted = { ...others, mode, waitMs: chance.between(1, 300), within: outer.lease }
  const belief = await ask(stage, task, { way: chance.chance(0.2) ? 'tryAcquire' : 'acquire', names, options: wanted })
  if (belief !== null) task.mine.push(belief)
}

/** Runs a callback under a lease. Calls in the callback re-enter where the locker has a context. */
async function request(stage: Stage, task: Task): Promise<void> {
  const { chance, station } = task
  if (task.surrounding.length >= 2) return
  const names = pickName(stage, task)
  const waitMs = task.mine.length + task.surrounding.length > 0 ? chance.between(1, 300) : chance.between(1, 2_000)
  const nested = station.nested !== undefined && task.surrounding.some(({ identities }) => identities.has(names))
  const identity = task.surrounding.map(({ identities }) => identities.get(names)).find((each) => each !== undefined)
  const fails = chance.chance(0.1)
  let entered = false
  let belief: Belief | undefined
  try {
    const answer = await calling(task, () =>
      station.locks.request(names, { waitMs }, async (lease) => {
        entered = true
        task.calls--
        try {
          const identities = new Map([[names, (nested ? identity : undefined) ?? {}]])
          belief = believe(stage, task, lease, { identities, options: {}, ask: undefined })
          await insideOf(stage, task, belief)
          // The end of the request reports a loss that was not noticed yet.
          belief.given = lease.held
        } finally {
          task.calls++
        }
        if (fails) throw ERROR
        return names
      }),
    )
    if (answer !== names || fails) stage.judge.fail('request', 'another answer than that of the callback')
    if (belief?.lost === true) stage.judge.fail('request', 'resolved though its lease was lost')
  } catch (error) {
    if (error === ERROR && fails) return
    if (entered && !isLockError(error, 'LOCK_LOST') && !isLockError(error, 'LOCK_CLOSED'))
      stage.judge.fail('error', String((error as Error).stack ?? error))
    if (!entered && !isLockError(error)) stage.judge.fail('error', String((error as Error).stack ?? error))
  } finally {
    if (belief !== undefined) {
      belief.released = true
      stage.judge.beliefs.delete(belief)
    }
  }
}

async function insideOf(stage: Stage, task: Task, belief: Belief): Promise<void> {
  task.surrounding.unshift(belief)
  const from = task.mine.length
  for (let steps = task.chance.between(0, 3); steps > 0; steps--) {
    const verb = task.chance.weighted({ obtain: 3, request: 1, rest: 3, extend: 1, web: 1, signal: 2 })
    if (verb === 'signal') await askForSignalOf(stage, task, belief)
    else if (verb === 'extend') await extend(stage, task, belief)
    else await (VERBS[verb] as (typeof VERBS)[string])[1](stage, task)
  }
  // Leases obtained in the callback are released in it, because their names may be those of the request.
  while (task.mine.length > from) await give(stage, task, task.mine.pop() as Belief)
  task.surrounding.shift()
}

async function giveOne(stage: Stage, task: Task): Promise<void> {
  if (task.mine.length === 0) return
  const [belief] = task.mine.splice(task.chance.between(0, task.mine.length - 1), 1)
  await give(stage, task, belief as Belief)
}

/** Releases a lease, and judges the answer. */
async function give(stage: Stage, task: Task, belief: Belief): Promise<void> {
  const { judge, weather } = stage
  const { lease } = belief
  const { held, remainingMs } = lease
  belief.given = true
  belief.released = true
  const release = (): Promise<ReleaseResult> => lease.release()
  const answer = await within(stage, task, [3 * Math.max(weather.ttlMs, task.station.attemptMs), 'release'], release)
  stage.note(`${task.id} released ${lease.names.join()}: ${answer}`)
  stage.count(answer)
  if (isCalm(weather) && !weather.force && held && remainingMs > 8 * (weather.latencyMs + 1) && answer !== 'released')
    judge.fail('release', `${lease.names.join()} was held, and its release answered ${answer}`)
  if (lease.held) judge.fail('release', `${lease.names.join()} is held after its release`)
  if (task.chance.chance(0.2) && (await lease.release()) !== answer)
    judge.fail('release', 'a second one answers otherwise')
  judge.beliefs.delete(belief)
}

async function extendOne(stage: Stage, task: Task): Promise<void> {
  const belief = pick(task, task.mine)
  if (belief !== undefined) await extend(stage, task, belief)
}

async function extend(stage: Stage, task: Task, belief: Belief): Promise<void> {
  const { judge, weather, promised, bounded, resumed } = stage
  const { chance, machine, station } = task
  const { lease } = belief
  if (!weather.handExtends) return
  const ttlMs = chance.chance(0.3) ? undefined : chance.between(60, 4 * weather.ttlMs)
  for (const identity of belief.identities.values()) promised.delete(identity)
  const shortest = ttlMs ?? weather.ttlMs
  for (const each of judge.beliefs) {
    const shares = [...each.identities.values()].some((identity) => [...belief.identities.values()].includes(identity))
    if (shares && shortest < weather.ttlMs) each.shortened = true
  }
  const sentAt = machine.now()
  // If two extensions are under way together, the shorter one may be executed last.
  const isAlone = station.network.extending() === 0
  try {
    await within(stage, task, [station.attemptMs, 'extend'], () => lease.extend(ttlMs))
    stage.count('extended')
    if (!isCalm(weather) || weather.force || !isAlone) return
    for (const identity of belief.identities.values()) {
      const countedMs = resumed.has(identity) ? Math.min(shortest, weather.ttlMs) : shortest
      if (!bounded.has(identity)) promised.set(identity, sentAt + countedMs * 0.7)
    }
  } catch (error) {
    if (isLockError(error, 'LOCK_LOST') && !lease.held) return
    if ((isLockError(error, 'LOCK_INDETERMINATE') || isLockError(error, 'LOCK_BACKEND')) && !isCalm(weather)) return
    // Another extension may be under way, and take as long as this one may wait.
    if (isLockError(error, 'LOCK_INDETERMINATE') && machine.now() - sentAt >= station.attemptMs - 2) return
    judge.fail('error', `extend: ${String((error as Error).stack ?? error)}`)
  }
}

async function handOn(stage: Stage, task: Task): Promise<void> {
  const { judge } = stage
  const belief = task.mine.pop()
  if (belief === undefined) return
  const { lease } = belief
  const shares = [...judge.beliefs].some(
    (other) =>
      other !== belief && [...belief.identities].some(([name, identity]) => other.identities.get(name) === identity),
  )
  const { held } = lease
  try {
    const text = lease.ticket()
    belief.given = true
    belief.released = true
    judge.beliefs.delete(belief)
    // The locker that resumes the lease has another clock, and extends the lease to its own ttl.
    for (const identity of belief.identities.values()) {
      stage.promised.delete(identity)
      if (task.station.network.extending() > 0) stage.bounded.add(identity)
    }
    task.station.events.ticketed++
    stage.tickets.push({ text, identities: belief.identities, shortened: belief.shortened })
    stage.count('ticketed')
    if (lease.held) judge.fail('ticket', 'the lease is held on')
  } catch (error) {
    task.mine.push(belief)
    if (isLockError(error, 'LOCK_LOST') && !(held && lease.held)) return
    if (isLockError(error, 'LOCK_UNSUPPORTED') && shares) return
    judge.fail('error', `ticket: ${String((error as Error).stack ?? error)}`)
  }
}

async function resume(stage: Stage, task: Task): Promise<void> {
  const { tickets, judge, weather } = stage
  if (tickets.length === 0 || task.mine.length >= 3) return
  const [ticket] = tickets.splice(task.chance.between(0, tickets.length - 1), 1) as [Stage['tickets'][number]]
  try {
    const lease: Lease = await within(
      stage,
      task,
      [3 * Math.max(weather.ttlMs, task.station.attemptMs), 'resume'],
      () => task.station.locks.resume(ticket.text),
    )
    task.station.events.resumed++
    stage.count('resumed')
    // The resumed hold keeps the identities of the hold that the ticket came from.
    const { identities } = ticket
    for (const identity of identities.values()) stage.resumed.add(identity)
    const belief = believe(stage, task, lease, { identities, options: {}, ask: undefined, isResumed: true })
    // An extension to less may have been under way, and bounds the renewals of whoever resumes the lease.
    belief.shortened = ticket.shortened
    task.mine.push(belief)
  } catch (error) {
    if (isLockError(error, 'LOCK_LOST')) return
    if (isLockError(error, 'LOCK_CLOSED') && task.station.isClosed) return
    if ((isLockError(error, 'LOCK_INDETERMINATE') || isLockError(error, 'LOCK_BACKEND')) && !isCalm(weather)) {
      tickets.push(ticket)
      return
    }
    judge.fail('error', `resume: ${String((error as Error).stack ?? error)}`)
  }
}

const LONG = 'n'.repeat(1_001)
const WEB_NAMES = ['w', LONG, `${LONG}\uD800`]

/** Requests a lock of a lock manager. The requests of one manager take effect in the order of its calls. */
async function webLock(stage: Stage, task: Task): Promise<void> {
  const { judge, weather } = stage
  const { chance, machine, station } = task
  const name = pick(task, WEB_NAMES.slice(0, chance.between(1, 3))) as string
  const mode = chance.chance(0.3) ? 'shared' : 'exclusive'
  const holds = task.mine.length > 0 || task.surrounding.length > 0 || task.calls > 0
  const kind = chance.weighted({ wait: 4, ifAvailable: 2, abort: 3, steal: weather.force ? 1 : 0 })
  const controller = new AbortController()
  const signal = holds || kind === 'abort' ? controller.signal : undefined
  const lock: Running = {
    name,
    mode: kind === 'steal' ? 'exclusive' : mode,
    machine,
    steals: kind === 'steal',
    active: false,
    notified: false,
    taken: false,
  }
  const reason = { why: 'aborted' }
  const options =
    kind === 'steal'
      ? { steal: true }
      : kind === 'ifAvailable'
        ? ({ mode, ifAvailable: true } as const)
        : ({ mode, ...(signal && { signal }) } as const)
  if (kind !== 'steal' && kind !== 'ifAvailable' && signal !== undefined)
    void machine
      .sleep(chance.between(0, 300))
      .then(() => machine.awake())
      .then(() => controller.abort(reason))
  const takeFromOthers = (): void => {
    for (const other of judge.running) if (other !== lock && other.name === name) other.taken = true
  }
  judge.running.add(lock)
  if (signal !== undefined && (kind === 'wait' || kind === 'abort')) judge.signalUsed(signal, machine)
  const callback = async (granted: object | null): Promise<string> => {
    if (granted === null) return 'none'
    stage.count('webLocks')
    if (kind === 'steal') takeFromOthers()
    lock.active = true
    await pause(task, chance.between(0, chance.chance(0.3) ? 1_500 : 60))
    lock.active = false
    return 'done'
  }
  const manager = station.managers[chance.between(0, 1)] as Station['managers'][number]
  try {
    await calling(task, () => manager.request(name, options as object, callback))
  } catch (error) {
    lock.notified = true
    const isAbort = error === reason || (error instanceof DOMException && error.name === 'AbortError')
    if (!isAbort && !isLockError(error)) judge.fail('error', `web lock: ${String((error as Error).stack ?? error)}`)
    if (!isAbort && isLockError(error) && isCalm(weather) && !station.isClosed)
      judge.fail('error', `web lock: ${String((error as Error).stack ?? error)}`)
    stage.count('webEnds')
  } finally {
    judge.running.delete(lock)
  }
}

type Station = Task['station']

async function forceRelease(stage: Stage, task: Task): Promise<void> {
  if (!stage.weather.force) return
  try {
    await within(stage, task, [task.station.attemptMs, 'forceRelease'], () =>
      task.station.locks.forceRelease(pickName(stage, task)),
    )
  } catch (error) {
    if (!isLockError(error)) stage.judge.fail('error', String((error as Error).stack ?? error))
  }
}

async function lookAround(stage: Stage, task: Task): Promise<void> {
  const { locks, attemptMs } = task.station
  try {
    if (task.chance.chance(0.7))
      await within(stage, task, [attemptMs, 'inspect'], () => locks.inspect(pickName(stage, task)))
    else await calling(task, () => locks.query())
  } catch (error) {
    if (!isLockError(error)) stage.judge.fail('error', String((error as Error).stack ?? error))
  }
}

async function askForSignal(stage: Stage, task: Task): Promise<void> {
  const belief = pick(task, task.mine)
  if (belief !== undefined) await askForSignalOf(stage, task, belief)
}

/** From now on the holder is notified of a loss. Its listener may ask for a name, in the context of the holder. */
async function askForSignalOf(stage: Stage, task: Task, belief: Belief): Promise<void> {
  if (belief.signalledAt !== undefined) return
  stage.judge.watchSignal(belief, stage.currentCaller)
  if (task.surrounding.length > 0 || !task.chance.chance(0.5)) return
  const aside: Task = { ...task, id: `${task.id}'`, chance: task.chance.fork(), mine: [], surrounding: [], calls: 0 }
  belief.lease.signal.addEventListener('abort', () => {
    if (stage.isEnding() || task.station.isClosed) return
    stage.beside(
      task.station,
      stage.runAs(aside, async () => {
        const wanted = { way: 'acquire', names: pickName(stage, aside), options: { waitMs: 100 } } as const
        const found = await ask(stage, aside, wanted)
        if (found === null) return
        await pause(aside, aside.chance.between(0, 60))
        await give(stage, aside, found)
      }),
    )
  })
}
