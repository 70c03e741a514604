/**
 * A name by the rules of the contract: a list of holds and a list of waiters. The model is written from the rules
 * alone, is not made to be fast, and shares no code with a backend. All times are ticks.
 */
export interface World {
  readonly holds: readonly Hold[]
  /** The waiters, first come first served. An expired place may still be in line: the store drops it at any time. */
  readonly line: readonly Place[]
  /** No grant made so far has a greater fence. */
  readonly lastFence: number
  /** Fences reserved in the last step, in the order of the grants. */
  readonly reserved: readonly Reservation[]
  /** How long a grant to the head of the line lasts: as long as its place, or as its ttl if that ends sooner. */
  readonly grants: 'place' | 'ttl'
}

export interface Hold {
  readonly owner: string
  readonly mode: ModelClaim['mode']
  readonly until: number
  /** `null` until `inspect` has shown the fence. */
  readonly fence: number | null
  /** A value of a client without this library: the rules say nothing about its fence. */
  readonly foreign?: true
  /** Set while the store has granted the name to a waiter that has neither claimed again nor extended since. */
  readonly unconfirmed?: Unconfirmed | undefined
}

export interface Unconfirmed {
  /** The time when the grant ends by itself. */
  readonly until: number
  /** The time when a lease of the ttl of the waiting claim would end. */
  readonly ttlUntil: number
  /** An extension set the same end again: a store that recognizes an extended grant by its end finds it unconfirmed. */
  readonly perhaps?: true
}

export interface Place {
  readonly claim: ModelClaim
  readonly until: number
}

export interface Reservation {
  readonly owner: string
  readonly count: number
  /** Whether the first fence of these is that of a hold, or the answer to an extension. */
  readonly by: 'grant' | 'extend'
}

export interface ModelClaim {
  readonly owner: string
  readonly mode: 'exclusive' | 'shared'
  readonly limit: number
  readonly ttl: number
  readonly line?: number | undefined
  readonly fences?: number | undefined
  readonly steal?: boolean | undefined
}

/** A command to the name, with its owner. */
export type Deed =
  | { readonly do: 'acquire'; readonly claim: ModelClaim }
  | { readonly do: 'extend'; readonly claim: ModelClaim }
  | { readonly do: 'release'; readonly owner: string; readonly keep?: number | undefined }
  | { readonly do: 'evict' }
  | { readonly do: 'plant'; readonly owner: string; readonly ttl: number }
  | { readonly do: 'remove'; readonly owner: string }

/** The answer that the rules ask for, and the state after it. */
export interface Outcome {
  readonly answer: Answer
  readonly world: World
}

export type Answer =
  | 'acquired'
  /** The refusal. With a place in line: the least and the greatest number of claims before it. */
  | { readonly refused: readonly [least: number, most: number] | null }
  | 'extended'
  | 'lost'
  | 'released'
  | 'not-held'
  | boolean
  | null

const empty = { holds: [], line: [], lastFence: 0, reserved: [] }

/** A name that was never used, for each of the two ways of a store to grant it. */
export const emptyWorlds: readonly [World, World] = [
  { ...empty, grants: 'place' },
  { ...empty, grants: 'ttl' },
]

/**
 * The outcomes that the rules allow for a deed at a time. The rules leave a choice: when a lease ends by itself, the
 * store grants the name to the head of the line when a claim for it arrives, or at any moment before.
 */
export function outcomes(before: World, deed: Deed, now: number): Outcome[] {
  // Rule 5: an expired lease is absent for every verb.
  const late: World = { ...before, holds: before.holds.filter(({ until }) => until > now), reserved: [] }
  const early = movedOn(late, now)
  const act = ({ answer, world, frees }: Effect): Outcome[] => {
    const moved = { answer, world: movedOn(world, now) }
    return frees === true ? [moved] : [moved, { answer, world }]
  }
  if (deed.do !== 'acquire') return [early, late].flatMap((world) => act(effect(world, deed, now)))
  const settled = (from: World): Outcome[] =>
    acquire(from, deed.claim, now).map(({ answer, world }) => ({ answer, world: movedOn(world, now) }))
  // A claim that steals does not regard the line: the line need not have moved on before.
  if (deed.claim.steal === true) return [early, late].flatMap(settled)
  // No claim overtakes the line: the store grants the name to the head of the line before it answers a claim.
  const moved = settled(early)
  const unchanged = moved.filter(({ answer }) => answer !== 'acquired' && deed.claim.line === undefined)
  return [...moved, ...unchanged.map(({ answer }) => ({ answer, world: late }))]
}

function effect(world: World, deed: Exclude<Deed, { do: 'acquire' }>, now: number): Effect {
  if (deed.do === 'extend') return extend(world, deed.claim, now)
  if (deed.do === 'release') return release(world, deed.owner, deed.keep, now)
  if (deed.do === 'evict') return { answer: world.holds.length > 0, world: { ...world, holds: [] }, frees: true }
  if (deed.do === 'plant') return plant(world, deed.owner, now + deed.ttl)
  return { answer: null, world: without(world, deed.owner) }
}

/** `frees`: the deed made room. Waiters that can be admitted now hold the name as soon as the deed is answered. */
interface Effect extends Outcome {
  readonly frees?: boolean
}

function acquire(world: World, claim: ModelClaim, now: number): Outcome[] {
  const mine = world.holds.find(({ owner }) => owner === claim.owner)
  // A claim that steals takes a foreign value only if the store can distinguish it from a lease.
  const foreign = claim.steal === true && world.holds.some((hold) => hold.foreign === true)
  const kept: readonly Outcome[] = foreign ? [{ answer: { refused: null }, world }] : []
  if (mine === undefined) return [acquireAnew(world, claim, now), ...kept]
  return repeated(mine, claim, now).map((hold) => ({ answer: 'acquired', world: holding(world, hold) }))
}

/**
 * Rule 3: a repeated claim answers the same fence. It refreshes the ttl and never cuts it, unless it confirms a grant:
 * that may be cut to the ttl, and is cut if it ends later than the ttl of the waiting claim. The mode of the hold
 * stays.
 */
function repeated(mine: Hold, { mode, ttl }: ModelClaim, now: number): Hold[] {
  const { unconfirmed } = mine
  const kept = endingAt(mine, Math.max(mine.until, now + ttl))
  if (unconfirmed === undefined) return [kept]
  const confirmed = { ...mine, until: now + ttl, unconfirmed: undefined }
  // A store may decide whether a claim of another mode confirms the grant.
  const mustCut = mine.until > unconfirmed.ttlUntil && unconfirmed.perhaps !== true && mode === mine.mode
  return mustCut ? [confirmed] : [confirmed, kept]
}

/** A hold with this end. Another end than before confirms a grant. */
function endingAt(mine: Hold, until: number): Hold {
  const { unconfirmed } = mine
  const perhaps = unconfirmed?.until === until ? { ...unconfirmed, perhaps: true as const } : undefined
  return { ...mine, until, unconfirmed: perhaps }
}

function acquireAnew(world: World, claim: ModelClaim, now: number): Outcome {
  const until = now + claim.ttl
  if (claim.steal === true) {
    return { answer: 'acquired', world: granted({ ...leaving(world, claim.owner), holds: [] }, claim, until) }
  }
  // Rule 10: first come first served. A claim that does not wait is no exception.
  if (!world.line.some((place) => place.until > now) && admits(world, claim)) {
    return { answer: 'acquired', world: granted(leaving(world, claim.owner), claim, until) }
  }
  if (claim.line === undefined) return { answer: { refused: null }, world }
  const place: Place = { claim, until: now + claim.line }
  const kept = world.line.findIndex(({ claim: { owner }, until: end }) => owner === claim.owner && end > now)
  const line = kept < 0 ? [...leaving(world, claim.owner).line, place] : world.line.with(kept, place)
  const before = line.slice(0, line.indexOf(place))
  return {
    answer: { refused: [before.filter((other) => other.until > now).length, before.length] },
    world: { ...world, line },
  }
}

/** Admits an exclusive claim to a free name, and a shared claim beside shared holds up to its limit. */
function admits({ holds }: World, { mode, limit }: ModelClaim): boolean {
  if (holds.length === 0) return true
  return mode === 'shared' && holds.every((hold) => hold.mode === 'shared') && holds.length < limit
}

/**
 * Rule 10: the head of the line is granted the name, and so is each waiter behind it that can be admitted beside it, up
 * to the first that cannot. An unconfirmed grant ends with the place, so that waiters that died cost one place time in
 * all; a store may end it with the ttl if that is sooner.
 */
function movedOn(world: World, now: number): World {
  const alive = world.line.findIndex(({ until }) => until > now)
  const head = world.line[alive]
  if (head === undefined || !admits(world, head.claim)) return world
  const rest = { ...world, line: world.line.slice(alive + 1) }
  const ttlUntil = now + head.claim.ttl
  const until = world.grants === 'place' ? head.until : Math.min(head.until, ttlUntil)
  return movedOn(granted(rest, head.claim, until, { until, ttlUntil }), now)
}

/**
 * Rule 6: an extension never creates a hold. It sets the end. An extension that reserves fences may be repeated, and
 * cuts nothing. In mode shared it turns a writer into a reader, so that other readers can be admitted.
 */
function extend(world: World, { owner, mode, ttl, fences }: ModelClaim, now: number): Effect {
  const mine = world.holds.find((hold) => hold.owner === owner)
  if (mine === undefined) return { answer: 'lost', world }
  if (mode === 'shared') {
    return {
      answer: 'extended',
      world: holding(world, { ...endingAt(mine, now + ttl), mode }),
      frees: mine.mode !== mode,
    }
  }
  const until = fences === undefined ? now + ttl : Math.max(mine.until, now + ttl)
  const extended = holding(world, endingAt(mine, until))
  if (fences === undefined) return { answer: 'extended', world: extended }
  const reserved = [...world.reserved, { owner, count: fences, by: 'extend' as const }]
  return { answer: 'extended', world: { ...extended, reserved } }
}

function release(world: World, owner: string, keep: number | undefined, now: number): Effect {
  const left = leaving(world, owner)
  const mine = left.holds.find((hold) => hold.owner === owner)
  if (mine === undefined) return { answer: 'not-held', world: left, frees: left.line.length < world.line.length }
  if (keep !== undefined) return { answer: 'released', world: holding(left, endingAt(mine, now + keep)) }
  return { answer: 'released', world: without(left, owner), frees: true }
}

/** Rule 9: a foreign value counts as an exclusive hold. Its client does not regard the line. */
function plant(world: World, owner: string, until: number): Effect {
  if (world.holds.length > 0) return { answer: false, world }
  return { answer: true, world: { ...world, holds: [{ owner, mode: 'exclusive', until, fence: null, foreign: true }] } }
}

function granted(
  world: World,
  { owner, mode, fences = 1 }: ModelClaim,
  until: number,
  unconfirmed?: Unconfirmed,
): World {
  const reserved = [...world.reserved, { owner, count: fences, by: 'grant' as const }]
  return { ...world, holds: [...world.holds, { owner, mode, until, fence: null, unconfirmed }], reserved }
}

const holding = (world: World, mine: Hold): World => ({
  ...world,
  holds: world.holds.map((hold) => (hold.owner === mine.owner ? mine : hold)),
})

const without = (world: World, owner: string): World => ({
  ...world,
  holds: world.holds.filter((hold) => hold.owner !== owner),
})

const leaving = (world: World, owner: string): World => ({
  ...world,
  line: world.line.filter(({ claim }) => claim.owner !== owner),
})
