import type { Alarm } from './alarms.js'
import { attempt, isFailure } from './attempt.js'
import type { Turn } from './backend.js'
import type { Engine } from './engine.js'
import type { Tenure } from './tenure.js'

/** Finds out at once what was taken by force, where the store hints at it. */
export interface Doubts {
  /** The holder wants to know at once. */
  listen(tenure: Tenure): void
  /** From now on hints arrive: what was taken before has to be asked for. */
  listening(): void
  /** No hint arrives, and none can be asked for before a time. */
  deaf(until: number): void
  /** The store hints that an owner, or whoever holds a name, may hold it no more. */
  raise(turn: Pick<Turn, 'name' | 'owner'>): void
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
export function createDoubts(engine: () => Engine): Doubts {
  /** What was hinted at: whoever holds these names, and these owners. */
  const hinted = new Set<string>()
  const owners = new Set<string>()
  /** What is to be asked for, and what is asked for now. */
  const doubted = new Set<string>()
  const asked = new Set<string>()
  const pacer: Alarm = { at: 0, slot: -1, ring: () => lookThrough() }
  const retry: Alarm = { at: 0, slot: -1, ring: () => isWanted() && engine().turns.start() }
  /** Since when hints arrive. */
  let since = -Infinity
  let notBefore = -Infinity
  let pacing = false
  let stopped = false

  const isWanted = (): boolean => [...engine().held.values()].some(({ holder }) => holder?.listening)

  /** Once for many hints: nothing is indexed by its name. */
  const lookThrough = (): void => {
    pacing = false
    const { held, clock, acquisitions } = engine()
    const from = clock.now()
    for (const owner of owners) {
      const tenure = held.get(owner)
      if (tenure !== undefined) doubted.add(tenure.claim.name)
    }
    if (hinted.size > 0) for (const { claim } of held.values()) if (hinted.has(claim.name)) doubted.add(claim.name)
    // Of what may be granted by now, it is asked when that is known.
    for (const acquisition of acquisitions)
      if (hinted.has(acquisition.name) || owners.has(acquisition.owner)) acquisition.doubted = true
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
    const { clock, chores } = engine()
    if (clock.now() >= notBefore) queueMicrotask(lookThrough)
    else chores.set(pacer, notBefore)
  }

  return {
    listen: ({ grantedAt, claim }) => {
      engine().turns.start()
      // It may have been taken before hints arrived.
      if (grantedAt <= since) hint(claim.owner, owners)
    },
    listening: () => {
      since = engine().clock.now()
      for (const { holder, claim } of engine().held.values()) if (holder?.listening) hint(claim.owner, owners)
    },
    deaf: (until) => {
      if (!stopped && isWanted()) engine().chores.set(retry, until)
    },
    raise: ({ name, owner }) => {
      if (owner === '') hint(name)
      else hint(owner, owners)
    },
    stop: () => {
      stopped = true
      for (const words of [hinted, owners, doubted]) words.clear()
      for (const alarm of [pacer, retry]) engine().chores.clear(alarm)
    },
  }
}

/** Asks who holds a name, which changes nothing. No answer changes nothing either: the next renewal will tell. */
async function inspect({ backend, chores, clock, held }: Engine, name: string): Promise<void> {
  const before = [...held.values()].filter((tenure) => tenure.claim.name === name && tenure.isHeld())
  const [first] = before
  if (first === undefined) return
  const until = clock.now() + first.term.timeoutMs
  const answer = await attempt((call) => backend.inspect(name, call), chores, until)
  const holders: unknown = isFailure(answer) ? undefined : answer === null ? [] : answer?.holders
  if (!Array.isArray(holders)) return
  const owners = new Set(holders.map((holder: { owner?: unknown } | null) => holder?.owner))
  for (const tenure of before) if (!owners.has(tenure.claim.owner)) tenure.lose('it was taken away')
}
