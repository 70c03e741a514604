import { getEventListeners } from 'node:events'
import type { Clock } from '../../src/clock.js'
import { isLockError } from '../../src/errors/errors.js'
import type { Lease } from '../../src/lease.js'
import type { HandOverBounds } from '../../src/options/options.js'
import { fromStoreName } from '../../src/web-locks/names.js'
import type { Machine } from './machine.js'
import type { HolderKey, StoreRecord } from './record.js'
import { isCalm, type Weather } from './weather.js'

/** The tolerance for timers: a timer is late by up to a millisecond, and clocks differ by up to 1 %. */
const TIMER_MS = 1.5
/** The time that a call may take beyond its budget. */
const SLACK_MS = 25
/** The poll interval: no lost notification delays a waiter for longer. */
const POLL_MS = 1_000
/** The time after waking in which a machine that was suspended must report a loss. */
const WAKING_MS = 1_000

/** The properties of a caller that the judge needs. */
export interface Caller {
  readonly id: string
  readonly machine: Machine
  readonly station: {
    readonly isClosed: boolean
    readonly closedAt: number
    readonly handOver: HandOverBounds
  }
  /** The number of its calls under way. */
  calls: number
}

/** The leases that passed one hold on within a locker, and the time of the first. */
interface Passed {
  readonly identities: Set<object>
  readonly since: number
}

/** A lease that its holder believes to hold. */
export interface Belief {
  readonly lease: Lease
  readonly caller: Caller
  /** For each name the identity of the hold. Handles entered within one another share it. */
  readonly identities: ReadonlyMap<string, object>
  readonly since: number
  readonly terms: { readonly renew: boolean; readonly maxHoldMs: number }
  /** The time when the holder first asked for its signal, on the store's clock. */
  signalledAt: number | undefined
  /** The last waking of its machine for which the lease was judged. */
  judgedWaking: number
  /** Whether the lease was resumed from a ticket. */
  readonly isResumed: boolean
  /** Whether the holder gave the lease up: by a release, or by a ticket. */
  given: boolean
  /** Whether the release has begun. For the lease of a request, some microtasks after its callback has ended. */
  released: boolean
  /** The latest time for the signal of its loss, on the clock of its machine. */
  deadline: number | undefined
  lost: boolean
  /** Whether the lease was extended by hand to less than its ttl. */
  shortened: boolean
}

/** A request to a lock manager. */
export interface Running {
  readonly name: string
  readonly mode: string
  readonly machine: Machine
  /** Whether the request takes the name by force. */
  readonly steals: boolean
  /** Whether the callback of the request runs. */
  active: boolean
  /** Whether the request was notified that its lock is lost. */
  notified: boolean
  /** Whether the name was taken by force since. */
  taken: boolean
}

/** A request for names that is not answered yet. */
export interface Ask {
  readonly caller: Caller
  readonly names: readonly string[]
  readonly mode: string
  /** Whether the request is for one name and waits in the queue of its locker. */
  readonly queued: boolean
  readonly seq: number
  readonly since: number
  readonly waitMs: number
  readonly signal: AbortSignal | undefined
}

export interface Judge {
  readonly violations: string[]
  readonly beliefs: Set<Belief>
  readonly running: Set<Running>
  readonly asks: Set<Ask>
  fail(promise: string, text: string): void
  /** Notes a lease that a request obtained. */
  obtained(belief: Belief, ask: Ask | undefined): void
  /** Asks for the signal of the lease on behalf of its holder. */
  watchSignal(belief: Belief, currentCaller: () => Caller | undefined): void
  signalUsed(signal: AbortSignal, machine: Machine): void
  /** Judges the present moment. */
  look(): void
  /** Judges the end, when every locker is closed and every lease has run out. */
  lookAtEnd(): void
}

export interface JudgeOptions {
  readonly clock: Clock
  readonly record: StoreRecord
  readonly weather: Weather
  readonly names: readonly string[]
  /** For each hold that was extended by hand, the time until which it lasts at least. */
  readonly promised: ReadonlyMap<object, number>
  readonly note: (line: string) => void
}

/** Judges a history by the promises alone. */
export function createJudge({ clock, record, weather, names, promised, note }: JudgeOptions): Judge {
  const violations: string[] = []
  const beliefs = new Set<Belief>()
  const running = new Set<Running>()
  const asks = new Set<Ask>()
  const signals = new Map<AbortSignal, Machine>()
  const greatestFence = new Map<string, number>()
  const usedFences = new Map<string, object>()
  const freeSince = new Map<string, number>()
  const known = new WeakSet<object>()
  const owners = new Map<string, Passed>()
  const calm = isCalm(weather)

  // A steal takes the name from other requests. So does a copy of its command that is executed late.
  record.onTaken((storeName, owner) => {
    const name = fromStoreName(storeName, owner)?.name
    for (const lock of running) if (lock.name === name && (lock.active || !lock.steals)) lock.taken = true
  })

  const fail = (promise: string, text: string): void => {
    note(`${promise} ${text}`)
    violations.push(`${promise}: ${text}`)
  }

  const keyOf = ({ lease }: Pick<Belief, 'lease'>, name: string): HolderKey | undefined =>
    lease.fences.get(name) ?? (lease.names.length === 1 ? lease.owner : undefined)

  /** Whether the machine runs and has had time to notice losses since it woke. */
  const isAwake = (machine: Machine): boolean => machine.running && clock.now() > machine.wokeAt + WAKING_MS + SLACK_MS

  const wasTaken = (belief: Belief): boolean =>
    belief.lease.names.some((name) => {
      const key = keyOf(belief, name)
      return key === undefined ? weather.force : record.takenAt(name, key) !== undefined
    })

  const judgeFences = (belief: Belief, ask: Ask | undefined): void => {
    for (const [name, fence] of belief.lease.fences) {
      const identity = belief.identities.get(name)
      if (fence === null || identity === undefined) continue
      const user = usedFences.get(`${name} ${fence}`)
      if (user !== undefined && user !== identity) fail('P2', `${name} has two holders with fence ${fence}`)
      usedFences.set(`${name} ${fence}`, identity)
      if (user !== undefined || weather.force || ask === undefined || belief.lease.mode === 'shared') continue
      const greatest = greatestFence.get(name) ?? 0
      if (fence <= greatest) fail('P2', `${name} with fence ${fence} after ${greatest}`)
      greatestFence.set(name, Math.max(greatest, fence))
    }
  }

  /** Exclusive calls take effect in the order of the calls: no call overtakes a waiter of the same locker. */
  const judgeOrder = (ask: Ask): void => {
    if (!ask.queued || ask.mode === 'shared' || !calm) return
    for (const other of asks) {
      const {
        caller,
        queued,
        names: [name],
      } = other
      if (!queued || name !== ask.names[0] || caller.station !== ask.caller.station || other.seq >= ask.seq) continue
      const over = other.signal?.aborted === true || caller.machine.now() - other.since >= other.waitMs - TIMER_MS
      if (!over) fail('order', `${name} went to a later call of the same locker`)
    }
  }

  /** A hold is handed over within its process up to a count and a time. Then other processes have their turn. */
  const judgeHandOver = ({ lease, caller, identities, isResumed }: Belief): void => {
    const [identity] = identities.values()
    const isEnteredAgain = identity !== undefined && known.has(identity)
    for (const each of identities.values()) known.add(each)
    if (lease.names.length > 1 || identity === undefined) return
    // A ticket moves the hold to another locker, whose bounds begin there.
    if (!owners.has(lease.owner) || isResumed)
      owners.set(lease.owner, { identities: new Set(), since: caller.machine.now() })
    if (isEnteredAgain && !isResumed) return
    const passed = owners.get(lease.owner) as Passed
    passed.identities.add(identity)
    const { count, ms } = caller.station.handOver
    if (passed.identities.size > count + 1)
      fail('hand-over', `of ${lease.name} for the ${passed.identities.size}th time`)
    const lateMs = caller.machine.now() - passed.since - ms - 8 * (weather.latencyMs + 1)
    if (passed.identities.size > 1 && lateMs > 0 && calm) fail('hand-over', `of ${lease.name} ${lateMs} ms too late`)
  }

  /** P1: no two leases overlap that must not, if neither was taken by force. */
  const judgeExclusion = (): void => {
    const held = new Map<string, Belief[]>()
    for (const belief of beliefs) {
      if (belief.given || belief.lost || !isAwake(belief.caller.machine)) continue
      if (!belief.lease.held || wasTaken(belief)) continue
      for (const name of belief.lease.names) {
        const others = held.get(name) ?? []
        const identity = belief.identities.get(name)
        for (const other of others) {
          if (other.identities.get(name) === identity) continue
          if (belief.lease.mode === 'exclusive' || other.lease.mode === 'exclusive')
            fail('P1', `${name} has two holders`)
        }
        held.set(name, [...others, belief])
      }
    }
    const byName = new Map<string, Running>()
    for (const lock of running) {
      if (!lock.active || lock.notified || lock.taken || !isAwake(lock.machine)) continue
      const other = byName.get(lock.name)
      if (other !== undefined && (other.mode === 'exclusive' || lock.mode === 'exclusive'))
        fail('P1', `the web lock ${lock.name.slice(0, 12)} has two holders`)
      byName.set(lock.name, other?.mode === 'exclusive' ? other : lock)
    }
  }

  const judgeBelief = (belief: Belief): void => {
    const { lease, caller, terms } = belief
    const { machine } = caller
    if (!machine.alive) return void beliefs.delete(belief)
    if (!machine.running || clock.now() < machine.wokeAt + WAKING_MS + SLACK_MS) belief.deadline = undefined
    if (!machine.running || belief.given) return
    const aborted = belief.signalledAt !== undefined && lease.signal.aborted
    const isSignalled = belief.signalledAt !== undefined
    if (belief.deadline !== undefined && machine.now() > belief.deadline + TIMER_MS && isSignalled && !aborted)
      fail('P6', `the loss of ${lease.names.join()} was not signalled by its deadline`)
    // A machine that has just woken has a second to notice the loss by itself.
    if (isSignalled && clock.now() < machine.wokeAt + WAKING_MS + SLACK_MS && !aborted) return
    if (belief.judgedWaking < machine.wokeAt) {
      belief.judgedWaking = machine.wokeAt
      if (isSignalled && !aborted && isGone(belief))
        fail('P6', `the loss of ${lease.names.join()} was not reported after waking`)
    }
    const { held, remainingMs } = lease
    if (belief.lost && held) fail('P6', `${lease.names.join()} was lost and is held again`)
    if (!held || remainingMs === 0) {
      if (held) fail('P6', `${lease.names.join()} is held with nothing left`)
      if (isSignalled && !lease.signal.aborted) fail('P6', `the loss of ${lease.names.join()} was not signalled`)
      if (!belief.lost) judgeLoss(belief)
      belief.lost = true
      return
    }
    if (aborted) fail('P6', `${lease.names.join()} is held with an aborted signal`)
    belief.deadline = machine.now() + remainingMs
    for (const identity of terms.maxHoldMs === Infinity ? belief.identities.values() : []) {
      const least = promised.get(identity) ?? -Infinity
      if (belief.deadline < least && belief.identities.size === 1 && !belief.shortened)
        fail('extend', `${lease.names.join()} was cut back by ${least - belief.deadline} ms`)
    }
    if (machine.now() > belief.since + terms.maxHoldMs + TIMER_MS) fail('maxHoldMs', `${lease.names.join()} is held on`)
    judgeStore(belief, remainingMs)
  }

  /** Whether the lease ended at the store before the machine woke. */
  const isGone = ({ lease, caller }: Belief): boolean =>
    lease.names.some((name) => {
      const key = keyOf({ lease }, name)
      if (key === undefined || record.heldUntil(name, key, false) !== -Infinity) return false
      // A loss by force after the waking is another loss, with its own time to be noticed.
      return (record.takenAt(name, key) ?? -Infinity) <= caller.machine.wokeAt
    })

  const judgeLoss = ({ lease, caller, terms, shortened }: Belief): void => {
    if (!calm || weather.force || caller.station.isClosed) return
    if (terms.renew && terms.maxHoldMs === Infinity && !shortened)
      fail('renewal', `${lease.names.join()} was lost, though nothing failed`)
  }

  /** No holder believes to hold a name longer than the store does. */
  const judgeStore = (belief: Belief, remainingMs: number): void => {
    const { lease, caller } = belief
    for (const name of lease.names) {
      const key = keyOf(belief, name)
      if (key === undefined) continue
      const takenAt = record.takenAt(name, key)
      if (takenAt !== undefined) {
        const soon = Math.max(takenAt, belief.signalledAt ?? Infinity) + 8 * (weather.latencyMs + 1) + SLACK_MS
        if (calm && !weather.hintsFail && weather.lacks.watch !== false && clock.now() > soon)
          fail('steal', `the holder of ${name} was not notified`)
        continue
      }
      const surplusMs =
        clock.now() + remainingMs / caller.machine.rate - record.heldUntil(name, key, lease.mode === 'exclusive')
      if (surplusMs > 0.01) fail('P1', `${name} is believed ${surplusMs} ms longer than the store holds it`)
    }
  }

  /** P5: a waiter gets a free name within one poll interval. */
  const judgeWakeUps = (): void => {
    if (!calm) return
    for (const name of names) {
      const wanted = [...asks].some((ask) => ask.queued && ask.names[0] === name && !ask.caller.station.isClosed)
      if (!wanted || record.isHeld(name)) freeSince.delete(name)
      else if (!freeSince.has(name)) freeSince.set(name, clock.now())
      else if (clock.now() - (freeSince.get(name) ?? 0) > POLL_MS + 8 * (weather.latencyMs + 1) + SLACK_MS) {
        fail('P5', `${name} is free and waited for`)
        freeSince.delete(name)
      }
    }
  }

  /** P7: no request waits beyond its budget, its abort or the close. */
  const judgeAsks = (): void => {
    for (const { caller, since, waitMs, signal, names: asked } of asks) {
      const { machine, station } = caller
      if (!machine.alive || !machine.running || clock.now() < machine.wokeAt + SLACK_MS) continue
      if (machine.now() > since + waitMs + SLACK_MS && machine.wokeAt === -Infinity)
        fail('P7', `${caller.id} waits for ${asked.join()} beyond ${waitMs} ms`)
      if (signal?.aborted === true && clock.now() > (abortedAt.get(signal) ?? Infinity) + SLACK_MS)
        fail('P7', `${caller.id} waits for ${asked.join()} after its signal aborted`)
      if (station.isClosed && clock.now() > station.closedAt + SLACK_MS)
        fail('P7', `${caller.id} waits for ${asked.join()} after close()`)
    }
  }

  const abortedAt = new Map<AbortSignal, number>()

  return {
    violations,
    beliefs,
    running,
    asks,
    fail,
    obtained: (belief, ask) => {
      beliefs.add(belief)
      judgeFences(belief, ask)
      judgeHandOver(belief)
      if (ask !== undefined) judgeOrder(ask)
      const { lease } = belief
      note(`lease ${lease.names.join()} ${lease.mode} ${[...lease.fences.values()].join()} to ${belief.caller.id}`)
    },
    watchSignal: (belief, currentCaller) => {
      if (belief.signalledAt !== undefined) return
      belief.signalledAt = clock.now()
      const { signal } = belief.lease
      signal.addEventListener('abort', () => {
        if (belief.released) fail('signal', `of ${belief.lease.names.join()} aborted after its release`)
        if (belief.lease.held) fail('signal', `of ${belief.lease.names.join()} aborted while it is held`)
        if (!isLockError(signal.reason, 'LOCK_LOST') && !isLockError(signal.reason, 'LOCK_CLOSED'))
          fail('signal', `aborted with ${String(signal.reason)}`)
        const caller = currentCaller()
        if (caller !== belief.caller) fail('context', `a signal aborts in the context of ${caller?.id ?? 'nobody'}`)
      })
    },
    signalUsed: (signal, machine) => {
      if (signals.has(signal)) return
      signals.set(signal, machine)
      if (signal.aborted) abortedAt.set(signal, clock.now())
      else signal.addEventListener('abort', () => abortedAt.set(signal, clock.now()), { once: true })
    },
    look: () => {
      for (const belief of beliefs) judgeBelief(belief)
      judgeExclusion()
      judgeWakeUps()
      judgeAsks()
    },
    lookAtEnd: () => {
      for (const [signal, machine] of signals) {
        if (!machine.alive) continue
        const left = getEventListeners(signal, 'abort').length - (signal.aborted ? 0 : 1)
        if (left > 0) fail('P8', `${left} listeners are left on a signal`)
      }
    },
  }
}
