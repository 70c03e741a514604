import { step } from './model.js'
import { nameOf, type Call } from './operation.js'
import { callsOf, type PlannedCall, type Profile } from './plan.js'
import { nothing, type NameState, type Place } from './state.js'

/** The state that a store would have by now, if every call of a plan were executed at once and in order. */
export interface Guess {
  readonly holders: (name: number) => readonly number[]
  readonly waiters: (name: number) => readonly number[]
  /** The place of an owner in line. */
  readonly placeOf: (name: number, owner: number) => Place | undefined
  /** Whether the owner ever asked to share the name: from then on its extensions ask to share too. */
  readonly shared: (name: number, owner: number) => boolean
  /** Milliseconds until leases and places end. */
  readonly ends: () => readonly number[]
  readonly call: (call: PlannedCall) => void
  readonly pass: (ms: number) => void
}

export function createGuess({ line }: Profile): Guess {
  const states = new Map<string, NameState>()
  const sharing = new Set<string>()
  const terms = { fencing: true, line, precision: { earlyMs: 0, lateMs: 0 } }
  let now = 0
  const of = (name: number): NameState => states.get(`${name}`) ?? nothing
  const apply = (call: Call): void => {
    const answer = { verb: 'unknown', error: null } as const
    const times = { calledAt: 0, answeredAt: 0, from: now, to: now }
    const operation = { call, answer, handle: 0, aborted: false, ...times } as const
    const state = states.get(nameOf(call)) ?? nothing
    const at = { lo: now, hi: now }
    const [next] = step(state, { operation, now: at, clock: at, terms }).states
    if (next !== undefined) states.set(nameOf(call), next)
  }
  return {
    holders: (name) => of(name).holds.map(({ owner }) => Number(owner)),
    waiters: (name) => of(name).line.map(({ owner }) => Number(owner)),
    placeOf: (name, owner) => of(name).line.find((place) => place.owner === String(owner)),
    shared: (name, owner) => sharing.has(`${name} ${owner}`),
    ends: () => [...states.values()].flatMap((state) => [...state.holds, ...state.line].map(({ end }) => end.lo - now)),
    call: (planned) => {
      for (const call of callsOf(planned, String, String)) {
        if ((call.verb === 'acquire' || call.verb === 'extend') && call.claim.mode === 'shared') {
          sharing.add(`${call.claim.name} ${call.claim.owner}`)
        }
        apply(call)
      }
    },
    pass: (ms) => {
      now += ms
    },
  }
}
