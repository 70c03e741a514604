/**
 * What the contract says about one name, as a list of those who hold it and a list of those who wait. Written from the
 * rules alone, and naive: nothing here is fast, and nothing is shared with a backend. All times are ticks.
 */
export interface World {
  readonly holds: readonly Hold[]
  /** First come first served. Those whose time has ended may still stand in it: a store drops them when it likes. */
  readonly line: readonly Place[]
  /** No grant made so far has a fence above it. */
  readonly lastFence: number
  /** Fences given out in the last step, in the order of the grants. */
  readonly reserved: readonly Reservation[]
  /** How long the store grants the name to the head of the line: as long as the place, or its ttl if that is sooner. */
  readonly grants: 'place' | 'ttl'
}

export interface Hold {
  readonly owner: string
  readonly mode: ModelClaim['mode']
  readonly until: number
  /** `null` until it is seen. */
  readonly fence: number | null
  /** Not ours: the rules say nothing about its fence. */
  readonly foreign?: true
  /** When the store made this grant, and its owner has neither claimed again nor extended since. */
  readonly unconfirmed?: Unconfirmed | undefined
}

export interface Unconfirmed {
  /** When the grant ends by itself. */
  readonly until: number
  /** When a lease of the ttl that was waited for would end. */
  readonly ttlUntil: number
  /** Its end was set again, to the same: a store that knows an extended grant by its end takes it for unconfirmed. */
  readonly perhaps?: true
}

export interface Place {
  readonly claim: ModelClaim
  readonly until: number
}

export interface Reservation {
  readonly owner: string
  readonly count: number
  /** Whether the first of them is the fence of a hold, or the answer to an extension. */
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

/** One thing done to the name, with its actor. */
export type Deed =
  | { readonly do: 'acquire'; readonly claim: ModelClaim }
  | { readonly do: 'extend'; readonly claim: ModelClaim }
  | { readonly do: 'release'; readonly owner: string; readonly keep?: number | undefined }
  | { readonly do: 'evict' }
  | { readonly do: 'plant'; readonly owner: string; readonly ttl: number }
  | { readonly do: 'remove'; readonly owner: string }

/** The answer that the rules ask for, and what is the case thereafter. */
export interface Outcome {
  readonly answer: Answer
  readonly world: World
}

export type Answer =
  | 'acquired'
  /** With a place in line: how many claims stand before it, at least and at most. */
  | { readonly refused: readonly [least: number, most: number] | null }
  | 'extended'
  | 'lost'
  | 'released'
  | 'not-held'
  | boolean
  | null

const empty = { holds: [], line: [], lastFence: 0, reserved: [] }

/** Both ways of a store to grant a name that nobody has used. */
export const emptyWorlds: readonly [World, World] = [
  { ...empty, grants: 'place' },
  { ...empty, grants: 'ttl' },
]

/**
 * What may follow from a deed at a time. The rules leave one thing open: when a lease ends by itself, the head of the
 * line is granted the name at the latest when somebody asks for it, or at any moment before.
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
  // A stealer asks nobody's leave: the line need not have moved on before.
  if (deed.claim.steal === true) return [early, late].flatMap(settled)
  // Nobody barges: who is to have the name has it before anybody is answered.
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

/** `frees`: it made room, so that those in line who can be admitted now hold the name as soon as it is answered. */
interface Effect extends Outcome {
  readonly frees?: boolean
}

function acquire(world: World, claim: ModelClaim, now: number): Outcome[] {
  const mine = world.holds.find(({ owner }) => owner === claim.owner)
  // Whether a foreign value can be distinguished from a lease of ours, which a claim that steals takes, depends on the store.
  const foreign = claim.steal === true && world.holds.some((hold) => hold.foreign === true)
  const kept: readonly Outcome[] = foreign ? [{ answer: { refused: null }, world }] : []
  if (mine === undefined) return [acquireAnew(world, claim, now), ...kept]
  return repeated(mine, claim, now).map((hold) => ({ answer: 'acquired', world: holding(world, hold) }))
}

/**
 * Rule 3: "yours", the same fence, the ttl refreshed and never cut, unless it confirms a grant: that may be cut to the
 * ttl, and is if it ends later than the ttl that was waited for. How it is held stays as it is.
 */
function repeated(mine: Hold, { mode, ttl }: ModelClaim, now: number): Hold[] {
  const { unconfirmed } = mine
  const kept = endingAt(mine, Math.max(mine.until, now + ttl))
  if (unconfirmed === undefined) return [kept]
  const confirmed = { ...mine, until: now + ttl, unconfirmed: undefined }
  // Whether a claim of another mode confirms is the store's own affair.
  const mustCut = mine.until > unconfirmed.ttlUntil && unconfirmed.perhaps !== true && mode === mine.mode
  return mustCut ? [confirmed] : [confirmed, kept]
}

/** With another end, a grant is unconfirmed no more. */
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
  // Rule 10: first come first served, and a single attempt is no exception.
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

/** An exclusive lease stands alone; a shared one beside so many other shared ones that they are no more than its limit. */
function admits({ holds }: World, { mode, limit }: ModelClaim): boolean {
  if (holds.length === 0) return true
  return mode === 'shared' && holds.every((hold) => hold.mode === 'shared') && holds.length < limit
}

/**
 * Rule 10: the head of the line is granted the name, and so is everyone behind it who can be admitted beside, up to the
 * first who cannot. An unconfirmed grant ends with the place, so that waiters that died cost one place time in all; a store
 * may end it with the ttl if that is sooner.
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
 * Rule 6: extending never creates. It sets the end; only when it reserves fences may it be repeated, and cuts nothing.
 * As shared it makes a reader of a writer, who lets in whoever may read beside.
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

/** Rule 9: to us a foreign value is one who holds the name exclusively. It takes no notice of the line. */
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
