/** The random choices of a run, drawn from its seed. */
export interface Dice {
  /** A number from 0 to below 1. */
  fraction(): number
  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** A key, drawn by its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K
  /** New dice with their own state, so that the draws of a part of the run do not change those of another part. */
  fork(): Dice
}

/** Mulberry32, by Tommy Ettinger: small, and good enough for histories. */
export function dice(seed: number): Dice {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    fraction,
    between: (low, high) => low + Math.floor(fraction() * (high - low + 1)),
    chance: (probability) => fraction() < probability,
    weighted: (weights) => {
      const entries = Object.entries<number>(weights) as [keyof typeof weights, number][]
      let left = fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [key, weight] of entries) if ((left -= weight) < 0) return key
      return (entries[0] as (typeof entries)[0])[0]
    },
    fork: () => dice(Math.floor(fraction() * 2 ** 32)),
  }
}
