/** How a name is to be held. */
export interface Term {
  /** Whether to renew in the background. */
  readonly renew: boolean
  /** How long it may be held at most, renewal or not. */
  readonly maxHoldMs: number
  /** How long the name stays taken at least, though released earlier. */
  readonly minHoldMs: number
  /** The bound on each call to the store. */
  readonly timeoutMs: number
}
