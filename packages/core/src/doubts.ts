import type { Alarm } from './alarms.js'
import { attempt, isFailure } from './attempt.js'
import type { Turn } from './backend.js'
import type { Engine } from './engine.js'
import type { Tenure } from './tenure.js'

/** Finds out at once what was taken by force, where the store hints at it. */
export interface Doubts {
  /** A holder wants to know at once. */
  listen(): void
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
  const doubted = new Set<Tenure>()
  const pacer: Alarm = { at: 0, slot: -1, ring: () => ask() }
  let notBefore = -Infinity
  let pacing = false
  let stopped = false

  const ask = (): void => {
    pacing = false
    notBefore = engine().clock.now() + PACE_MS
    for (const tenure of doubted) if (tenure.isHeld()) void inspect(tenure)
    doubted.clear()
  }

  const doubt = (tenure: Tenure): void => {
    doubted.add(tenure)
    if (pacing || stopped) return
    pacing = true
    const { clock, chores } = engine()
    chores.set(pacer, Math.max(clock.now(), notBefore))
  }

  return {
    listen: () => engine().turns.start(),
    listening: () => {
      for (const tenure of engine().held) if (tenure.holder?.listening) doubt(tenure)
    },
    raise: ({ name, owner }) => {
      for (const tenure of engine().held) {
        const { claim } = tenure
        if (claim.name === name && (owner === '' || claim.owner === owner)) doubt(tenure)
      }
    },
    stop: () => {
      stopped = true
      doubted.clear()
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
