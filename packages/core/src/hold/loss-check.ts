import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import { callStore, isCallFailure } from '../store/call.js'
import type { Hold, HoldHost } from './hold.js'

/** An acquisition under way, whose name may be taken while it is granted. */
export interface LossCheckable {
  readonly name: string
  readonly owner: string
  mayBeLost: boolean
}

/** What this needs of its locker. */
export interface LossCheckHost extends Pick<HoldHost, 'backend' | 'clock' | 'holds'> {
  readonly backgroundTimers: TimerQueue
  readonly notifications: { start(): void }
  readonly acquisitions: Iterable<LossCheckable>
}

/** Finds out at once what was taken by force, where the store hints at it. */
export interface LossChecks {
  /** The holder wants to know at once. */
  watch(hold: Hold): void
  /** From now on hints arrive: what was taken before has to be asked for. */
  onSubscribed(): void
  /** No hint arrives, and none can be asked for before a time. */
  onUnavailable(until: number): void
  /** The store hints that an owner, or whoever holds a name, may hold it no more. */
  check(name: string, owner: string | null): void
  /** Ends all asking. */
  stop(): void
}

/** Forged hints must not cause a storm. */
const PACE_MS = 10
/** To look through all that is held for a name may take this share of the time. */
const SHARE = 1 / 20
/** How many names are asked for at one time. */
const AT_ONCE = 16

/** `engine` is read only when there is something to do. */
export function createLossChecks(engine: () => LossCheckHost): LossChecks {
  /** What was hinted at: whoever holds these names, and these owners. */
  const hinted = new Set<string>()
  const owners = new Set<string>()
  /** What is to be asked for, and what is asked for now. */
  const doubted = new Set<string>()
  const asked = new Set<string>()
  const pacer: Timer = { dueAt: 0, heapIndex: -1, fire: () => lookThrough() }
  const retry: Timer = { dueAt: 0, heapIndex: -1, fire: () => isWanted() && engine().notifications.start() }
  /** Since when hints arrive. */
  let since = -Infinity
  let notBefore = -Infinity
  let pacing = false
  let stopped = false

  const isWanted = (): boolean => [...engine().holds.values()].some(({ holder }) => holder?.wantsLossNotice)

  /** Once for many hints: nothing is indexed by its name. */
  const lookThrough = (): void => {
    pacing = false
    const { holds: held, clock, acquisitions } = engine()
    const from = clock.now()
    for (const owner of owners) {
      const hold = held.get(owner)
      if (hold !== undefined) doubted.add(hold.claim.name)
    }
    if (hinted.size > 0) for (const { claim } of held.values()) if (hinted.has(claim.name)) doubted.add(claim.name)
    // Of what may be granted by now, it is asked when that is known.
    for (const acquisition of acquisitions)
      if (hinted.has(acquisition.name) || owners.has(acquisition.owner)) acquisition.mayBeLost = true
    hinted.clear()
    owners.clear()
    notBefore = clock.now() + Math.max(PACE_MS, (clock.now() - from) / SHARE)
    askNext()
  }

  const askNext = (): void => {
    for (const name of doubted) {
      if (asked.size >= AT_ONCE) return
      // Asked for once more when the answer is there: it may be older than the hint.
      if (asked.has(name)) continue
      doubted.delete(name)
      asked.add(name)
      void inspect(engine(), name).then(() => {
        asked.delete(name)
        askNext()
      })
    }
  }

  const hint = (word: string, among: Set<string> = hinted): void => {
    if (stopped) return
    among.add(word)
    if (pacing) return
    pacing = true
    const { clock, backgroundTimers: chores } = engine()
    if (clock.now() >= notBefore) queueMicrotask(lookThrough)
    else chores.set(pacer, notBefore)
  }

  return {
    watch: ({ grantedAt, claim }) => {
      engine().notifications.start()
      // It may have been taken before hints arrived.
      if (grantedAt <= since) hint(claim.owner, owners)
    },
    onSubscribed: () => {
      since = engine().clock.now()
      for (const { holder, claim } of engine().holds.values()) if (holder?.wantsLossNotice) hint(claim.owner, owners)
    },
    onUnavailable: (until) => {
      if (!stopped && isWanted()) engine().backgroundTimers.set(retry, until)
    },
    check: (name, owner) => {
      if (owner === null) hint(name)
      else hint(owner, owners)
    },
    stop: () => {
      stopped = true
      for (const words of [hinted, owners, doubted]) words.clear()
      for (const timer of [pacer, retry]) engine().backgroundTimers.clear(timer)
    },
  }
}

/** Asks who holds a name, which changes nothing. No answer changes nothing either: the next renewal will tell. */
async function inspect(
  { backend, backgroundTimers: chores, clock, holds: held }: LossCheckHost,
  name: string,
): Promise<void> {
  const before = [...held.values()].filter((hold) => hold.claim.name === name && hold.isHeld())
  const [first] = before
  if (first === undefined) return
  const until = clock.now() + first.term.timeoutMs
  const answer = await callStore((call) => backend.inspect(name, call), chores, until)
  const holders: unknown = isCallFailure(answer) ? undefined : answer === null ? [] : answer?.holders
  if (!Array.isArray(holders)) return
  const owners = new Set(holders.map((holder: { owner?: unknown } | null) => holder?.owner))
  for (const hold of before) if (!owners.has(hold.claim.owner)) hold.lose('it was taken away')
}
