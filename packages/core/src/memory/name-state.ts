import type { Claim, Inspection, LockMode, Waiter } from '../backend.js'

/** The holders of a name, and its line, first come first served. All times are the store's clock. */
export interface NameState {
  readonly holders: Map<string, Hold>
  readonly line: Place[]
}

/** The hold of one owner on a name. */
export interface Hold {
  mode: LockMode
  /** The first of the fences reserved when the hold was granted. */
  readonly fence: number
  expiresAt: number
  /** Whether the store made this grant, and its owner has neither acquired again nor extended since. */
  unconfirmed?: boolean
}

/** A place in the line for a name. */
export interface Place {
  claim: Claim
  expiresAt: number
  /** Called when the place is granted. */
  readonly onGrant: (claim: Claim) => void
}

/** Whether the present holders leave room for the claim. */
export function admits(state: NameState, claim: Claim): boolean {
  if (state.holders.size === 0) return true
  if (claim.mode === 'exclusive' || state.holders.size >= claim.limit) return false
  for (const hold of state.holders.values()) if (hold.mode === 'exclusive') return false
  return true
}

/** Drops expired leases. The line stays as it is: a steal must not take the name from the head of the line. */
export function expire({ holders }: NameState, now: number): void {
  for (const [owner, hold] of holders) if (hold.expiresAt <= now) holders.delete(owner)
}

/** Drops expired leases, then grants the name to the head of the line as long as it can be admitted. */
export function settle(state: NameState, now: number, nextFence: (count: number) => number): void {
  expire(state, now)
  for (;;) {
    const head = state.line[0]
    if (head === undefined) return
    if (head.expiresAt > now) {
      if (!admits(state, head.claim)) return
      // The grant lasts as long as the place would have, so that waiters whose processes ended, however
      // many ended together, delay the others by one place time in total. The owner confirms by asking again.
      state.holders.set(head.claim.owner, {
        mode: head.claim.mode,
        fence: nextFence(head.claim.fences ?? 1),
        expiresAt: head.expiresAt,
        unconfirmed: true,
      })
      head.onGrant(head.claim)
    }
    state.line.shift()
  }
}

/** Keeps or takes the claim's place in line and answers how many living claims stand before it. */
export function lineUp(
  state: NameState,
  claim: Claim,
  lineMs: number,
  now: number,
  onGrant: (claim: Claim) => void,
): number {
  const mine = state.line.find((place) => place.claim.owner === claim.owner)
  if (mine === undefined || mine.expiresAt <= now) {
    leaveLine(state, claim.owner)
    state.line.push({ claim, expiresAt: now + lineMs, onGrant })
    return state.line.length - 1
  }
  mine.claim = claim
  mine.expiresAt = now + lineMs
  return state.line.indexOf(mine)
}

export function leaveLine({ line }: NameState, owner: string): void {
  const mine = line.findIndex((place) => place.claim.owner === owner)
  if (mine >= 0) line.splice(mine, 1)
}

/** When it may be worth asking again: when enough of the present leases have ended to admit the claim. */
export function retryAfterMs(state: NameState, claim: Claim, now: number): number | null {
  const ends = [...state.holders.values()].map((hold) => hold.expiresAt - now).sort((a, b) => a - b)
  const mayStay = claim.mode === 'shared' && !holdsExclusively(state) ? claim.limit - 1 : 0
  const end = ends[Math.max(0, ends.length - 1 - mayStay)]
  return end === undefined || end === Infinity ? null : end
}

/** The holders and the waiters, or `null` when there are none. Changes nothing. */
export function inspectState(
  name: string,
  state: NameState,
  now: number,
): (Inspection & { line: readonly Waiter[] }) | null {
  const holders = [...state.holders].filter(([, { expiresAt }]) => expiresAt > now)
  const line = state.line.filter(({ expiresAt }) => expiresAt > now)
  if (holders.length === 0 && line.length === 0) return null
  return {
    name,
    mode: holders.some(([, { mode }]) => mode === 'shared') ? 'shared' : 'exclusive',
    holders: holders.map(([owner, { fence, expiresAt }]) => ({ owner, remainingMs: expiresAt - now, fence })),
    waiting: line.length,
    line: line.map(({ claim: { owner, mode } }) => ({ owner, mode })),
  }
}

function holdsExclusively(state: NameState): boolean {
  for (const hold of state.holders.values()) if (hold.mode === 'exclusive') return true
  return false
}
