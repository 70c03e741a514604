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
  /** The store hints that an owner, or whoever holds a name, may hold it no more. */
  raise(turn: Pick<Turn, 'name' | 'owner'>): void
  /** Ends all asking. */
  stop(): void
}

/** Forged hints must not cause a storm. */
const PACE_MS = 10

/** `engine` is read only when there is something to do. */
export function createDoubts(engine: () => Engine): Doubts {
  /** What was hinted at: whoever holds these names, and these owners. Looked up once for many hints. */
  const names = new Set<string>()
  const owners = new Set<string>()
  const pacer: Alarm = { at: 0, slot: -1, ring: () => ask() }
  /** Since when hints arrive. */
  let since = -Infinity
  let notBefore = -Infinity
  let pacing = false
  let stopped = false

  const ask = (): void => {
    pacing = false
    const { held, clock } = engine()
    notBefore = clock.now() + PACE_MS
    for (const tenure of held) {
      const { name, owner } = tenure.claim
      if ((names.has(name) || owners.has(owner)) && tenure.isHeld()) void inspect(tenure)
    }
    forget()
  }

  const forget = (): void => {
    names.clear()
    owners.clear()
  }

  const soon = (): void => {
    if (pacing || stopped) return
    pacing = true
    const { clock, chores } = engine()
    if (clock.now() >= notBefore) queueMicrotask(ask)
    else chores.set(pacer, notBefore)
  }

  return {
    listen: ({ grantedAt, claim }) => {
      const { turns } = engine()
      turns.start()
      if (grantedAt > since) return
      // It may have been taken before hints arrived.
      owners.add(claim.owner)
      soon()
    },
    listening: () => {
      since = engine().clock.now()
      for (const { holder, claim } of engine().held) if (holder?.listening) owners.add(claim.owner)
      if (owners.size > 0) soon()
    },
    raise: ({ name, owner }) => {
      if (owner === '') names.add(name)
      else owners.add(owner)
      soon()
    },
    stop: () => {
      stopped = true
      forget()
      engine().chores.clear(pacer)
    },
  }
}

/** Asks who holds the name, which changes nothing. No answer changes nothing either: the next renewal will tell. */
async function inspect(tenure: Tenure): Promise<void> {
  const { backend, chores, clock } = tenure.engine
  const { name, owner } = tenure.claim
  const until = clock.now() + tenure.term.timeoutMs
  const answer = await attempt((call) => backend.inspect(name, call), chores, until)
  if (isFailure(answer) || tenure.state !== 'held') return
  if (answer?.holders.some((holder) => holder.owner === owner)) return
  tenure.lose('it was taken away')
}
