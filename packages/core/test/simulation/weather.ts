import type { Capabilities } from '../../src/backend.js'
import type { Dice } from '../support/dice.js'

/** The most frequent action of a history. In a crowd, all callers of a process want one name. */
export type Theme = 'mixed' | 'crowd' | 'web' | 'reentry' | 'force'

/** The faults of one history. A history with few faults is judged more strictly. */
export interface Weather {
  readonly theme: Theme
  /** Commands are lost, late, repeated, refused, or never answered. */
  readonly faults: boolean
  /** Answered commands are executed again. Not together with extensions by hand: that combination is not promised. */
  readonly repeats: boolean
  /** Every answer takes a share of the ttl, and no call fails. */
  readonly slow: boolean
  /** The time of a command one way: exact in a slow history, else the maximum. */
  readonly latencyMs: number
  /** Machines are blocked, suspended and killed. */
  readonly stops: boolean
  /** Hints are lost, and are repeated. */
  readonly hintsFail: boolean
  /** Hints carry the grant, as Redis sends them. */
  readonly hintsGrant: boolean
  /** Names are taken by force. */
  readonly force: boolean
  /** Leases are extended by hand. */
  readonly handExtends: boolean
  /** Lockers are closed in the middle. */
  readonly closes: boolean
  readonly ttlMs: number
  readonly lacks: Partial<Capabilities>
}

/** Whether no call fails and no machine stands still: then no renewed lease is lost, and no answer is unknown. */
export const isCalm = ({ faults, stops }: Weather): boolean => !faults && !stops

export function drawWeather(chance: Dice): Weather {
  const theme = chance.weighted({ mixed: 8, crowd: 6, web: 4, reentry: 4, force: 2 })
  const faults = chance.chance(0.45)
  const stops = chance.chance(0.35)
  const slow = !faults && !stops && chance.chance(0.25)
  const repeats = faults && chance.chance(0.5)
  const ttlMs = slow ? chance.between(300, 1_200) : chance.between(60, 1_500)
  const lacking = chance.chance(0.15)
  return {
    theme,
    faults,
    repeats,
    slow,
    // Less than a third of the ttl there and back.
    latencyMs: slow ? Math.floor((ttlMs * chance.between(6, 15)) / 100) : chance.between(0, 3),
    stops,
    hintsFail: chance.chance(theme === 'force' ? 0.1 : 0.3),
    hintsGrant: chance.chance(0.5),
    force: theme === 'force' || chance.chance(0.25),
    handExtends: !repeats && chance.chance(0.6),
    closes: chance.chance(0.2),
    ttlMs,
    lacks: lacking ? { [chance.chance(0.5) ? 'watch' : 'fencing']: false } : {},
  }
}
