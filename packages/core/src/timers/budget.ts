/**
 * Until when, and until whose word, one call of the user may go on. Made once where the call begins and handed down
 * unchanged: whatever the call consists of uses up the same budget.
 */
export interface Budget {
  /** On the monotonic clock. */
  readonly until: number
  readonly signal: AbortSignal | undefined
}
