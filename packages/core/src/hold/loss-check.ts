import { checkInspection } from '../store/answers.js'
import { callStore, isCallFailure } from '../store/call.js'
import type { NotificationListener } from '../store/notifications.js'
import type { Timer, TimerQueue } from '../timers/timer-queue.js'
import { answeredAt } from './deadline.js'
import type { Hold, HoldHost } from './hold.js'
import { createSuspensionCheck } from './suspension.js'

/**
 * Finds out soon when a name was taken by force, where the store hints at it. A hint may be forged, so it is answered by
 * a question to the store, which changes nothing.
 */
export interface LossChecks extends NotificationListener {
  /** The holder wants to learn of a loss at once, until {@link unwatch}. */
  watch(hold: Hold): void
  unwatch(hold: Hold): void
  /** The holds of this name here may have been taken. */
  check(name: string): void
  /** Whether the name may have been taken since a time, on the monotonic clock. */
  mayBeTakenSince(name: string, since: number): boolean
  /** Ends all checking. */
  stop(): void
}

export interface LossCheckHost extends Pick<HoldHost, 'backend' | 'clock' | 'wallOrigin' | 'detached'> {
  readonly backgroundTimers: TimerQueue
  readonly notifications: { start(): void }
  readonly names: { holdsOf(name: string): Iterable<Hold> }
}

/** Between two rounds of questions: forged hints must not cause a flood of calls. */
const PACE_MS = 10
/** How many names are asked for at one time. */
const AT_ONCE = 16
/** How many hints are remembered by their names; when there are more, any name may have been taken. */
const REMEMBERED = 1_000

/** `host` is read only when there is something to do. */
export function createLossChecks(host: () => LossCheckHost): LossChecks {
  /** Names to be asked for, and those asked for now. */
  const waiting = new Set<string>()
  const asked = new Set<string>()
  /** When each name was last hinted at, and when any other may have been. */
  let hintedAt = new Map<string, number>()
  let anyHintedAt = -Infinity
  /** Since when notifications arrive. */
  let standingSince = -Infinity
  let notBefore = -Infinity
  let pacing = false
  let stopped = false
  const pacer: Timer = { dueAt: 0, heapIndex: -1, fire: () => askNext() }
  /** Holds whose holders want to learn of a loss at once. */
  const watched = new Set<Hold>()
  const suspension = createSuspensionCheck(host, watched)

  const askNext = (): void => {
    pacing = false
    notBefore = host().clock.now() + PACE_MS
    for (const name of waiting) {
      if (asked.size >= AT_ONCE) return
      // Asked for once more when the answer is there: it may be older than the hint.
      if (asked.has(name)) continue
      waiting.delete(name)
      asked.add(name)
      void loseIfTaken(host(), name, reasonFor).then(() => {
        asked.delete(name)
        askSoon()
      })
    }
  }

  const askSoon = (): void => {
    if (pacing || stopped || waiting.size === 0) return
    pacing = true
    const { clock, backgroundTimers, detached } = host()
    if (clock.now() < notBefore) backgroundTimers.set(pacer, notBefore)
    else detached(() => queueMicrotask(askNext))
  }

  const remember = (name: string): void => {
    if (hintedAt.size >= REMEMBERED) {
      hintedAt = new Map()
      anyHintedAt = host().clock.now()
    }
    hintedAt.set(name, host().clock.now())
  }

  /** Without a hint of force, the store may as well have lost its data. */
  const reasonFor = (hold: Hold): string => {
    const hinted = (hintedAt.get(hold.claim.name) ?? -Infinity) >= answeredAt(hold).now
    return hinted ? 'it was taken by force' : 'the store holds it for nobody or for somebody else'
  }

  const check = (name: string): void => {
    if (stopped) return
    remember(name)
    ask(name)
  }

  const ask = (name: string): void => {
    const [held] = host().names.holdsOf(name)
    if (held === undefined) return
    waiting.add(name)
    askSoon()
  }

  return {
    watch: (hold) => {
      host().notifications.start()
      watched.add(hold)
      if (watched.size === 1) suspension.start()
      // The name may have been taken before notifications arrived, also while the answer was on its way.
      if (answeredAt(hold).now <= standingSince) ask(hold.claim.name)
    },
    unwatch: (hold) => {
      if (watched.delete(hold) && watched.size === 0) suspension.stop()
    },
    check,
    mayBeTakenSince: (name, since) => anyHintedAt >= since || (hintedAt.get(name) ?? -Infinity) >= since,
    onTaken: check,
    onStanding: () => {
      standingSince = host().clock.now()
      for (const { claim } of watched) ask(claim.name)
    },
    onGone: () => (standingSince = -Infinity),
    needsNotifications: () => watched.size > 0,
    stop: () => {
      stopped = true
      waiting.clear()
      watched.clear()
      suspension.stop()
      host().backgroundTimers.clear(pacer)
    },
  }
}

/** Asks which owners hold a name. No answer changes nothing: the next renewal finds out. */
async function loseIfTaken(
  { backend, backgroundTimers: timers, clock, names }: LossCheckHost,
  name: string,
  reasonFor: (hold: Hold) => string,
): Promise<void> {
  const before = [...names.holdsOf(name)].filter((hold) => hold.isHeld())
  const [first] = before
  if (first === undefined) return
  const until = clock.now() + first.terms.timeoutMs
  const answer = await callStore((call) => backend.inspect(name, call), { timers, until }, { check: checkInspection })
  if (isCallFailure(answer)) return
  const owners = new Set((answer?.holders ?? []).map(({ owner }) => owner))
  for (const hold of before) if (!owners.has(hold.claim.owner)) hold.lose(reasonFor(hold))
}
