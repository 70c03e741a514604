/** A figure, and its spread from block to block: half of the interquartile range. */
export interface Figure {
  readonly value: number
  readonly spread?: number
}

/** The quantile, interpolated between the two nearest values; `NaN` without values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] ?? NaN
  const high = sorted[Math.ceil(at)] ?? NaN
  return low + (high - low) * (at - Math.floor(at))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function figureOf(values: readonly number[]): Figure {
  const value = median(values)
  if (values.length < 3) return { value }
  return { value, spread: (quantile(values, 0.75) - quantile(values, 0.25)) / 2 }
}

/** Jain's fairness index: 1 when all shares are equal, 1/n when one share is everything. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? NaN : (sum * sum) / (shares.length * squares)
}
