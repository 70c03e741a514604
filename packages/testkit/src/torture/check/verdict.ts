/** The rules that a history may break. */
export const tortureRules = {
  exclusion: 'No two leases on a name are held at the same time, unless all of them share it.',
  limit: 'No more leases than its limit share a name at the same time.',
  fences: 'Fences of a name rise with every grant, and no two grants have the same.',
  'stale-write': 'A resource that checks fences accepts no write of a holder after a later holder has written.',
  ends: 'Every call ends within its time budget.',
  'held-too-long': 'A lease that is not extended is not held for longer than its ttl, and no lease beyond maxHoldMs.',
  'loss-signal': 'The signal of a lease aborts when the lease is lost, no later than its deadline.',
  errors: 'A call fails by the documented errors only.',
  process: 'No process ends by itself: no unhandled rejection, no exit.',
  audit: 'The store itself shows nothing that is wrong: see the counts of the target.',
  secrets: 'No secret is in an error, an event, an inspection or an output.',
} as const

/** The id of a rule that a history must keep. */
export type TortureRule = keyof typeof tortureRules

/** A violation of a rule in a history. */
export interface Violation {
  readonly rule: TortureRule
  /** The violation in words. */
  readonly text: string
  /** The time of the violation, and the names, processes and leases that it is about: for the picture. */
  readonly from: number
  readonly to: number
  readonly names: readonly string[]
  readonly leases: readonly string[]
  readonly processes: readonly string[]
}

/** The findings of a rule. */
export interface Finding {
  readonly violations: readonly Violation[]
  /** How many observations were judged: a rule that judged nothing proves nothing. */
  readonly judged: number
  /** Violations that an assumption permits, which the report names. */
  readonly excused: number
}

/** Seconds with three digits, counted from the beginning of the history. */
export function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}
