/**
 * How long a call of the user may go on, and the signal that ends it. Made once where the call begins and handed down
 * unchanged: every step of the call uses up the same budget.
 */
export interface Budget {
  /** On the monotonic clock. */
  readonly until: number
  readonly signal: AbortSignal | undefined
}
