/** The store may run this much faster than we do before it expires what we believe to hold. */
export function driftMarginMs(ttlMs: number): number {
  return Math.max(ttlMs * 0.01, 2)
}
