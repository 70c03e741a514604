import type { LockMode } from '@holdfast/core'
import type { Random } from '../suite/random.js'
import type { Guess } from './guess.js'
import type { PlannedCall, Profile, Through, PlannedClaim } from './plan.js'

export interface CallMaker {
  /** A call, or several that are made together. */
  readonly calls: () => readonly PlannedCall[]
}

type Draft = PlannedCall extends infer T ? (T extends Through ? Omit<T, keyof Through> : never) : never

/** How many calls are made together; a number that stands here twice is drawn twice as often. */
const SIZES = [1, 1, 1, 1, 1, 2, 2, 2, 3, 4]

function claimsOf(draft: Draft): readonly PlannedClaim[] {
  if (draft.verb === 'acquire') return [draft.claim]
  return draft.verb === 'extend' ? draft.claims : []
}

export function createCallMaker(profile: Profile, random: Random, guess: Guess): CallMaker {
  const pick = <T>(...items: readonly [T, ...T[]]): T => items[random(items.length)] ?? items[0]
  const some = (from: readonly number[], below: number): number => from[random(from.length)] ?? random(below)
  const aName = (): number => (random(10) < 7 ? 0 : random(profile.names))
  const anyOwner = (): number => random(profile.owners)
  const aHolder = (name: number): number => some(guess.holders(name), profile.owners)
  const concerned = (name: number): number => {
    const dice = random(100)
    if (dice < 60) return aHolder(name)
    return dice < 80 ? some(guess.waiters(name), profile.owners) : anyOwner()
  }
  /** No round number: a store might cut a duration to one. */
  const short = (...units: readonly [number, ...number[]]): number =>
    pick(...units) * profile.unit + random(profile.unit)
  const long = (): number => 60_000 + random(1_000)
  const ttl = (): number => (random(10) < 6 ? short(40, 100, 250) : pick(long(), long(), 86_400_000, 2 ** 31 - 1))
  const aMode = (): LockMode => (profile.shared && random(10) < 6 ? 'shared' : 'exclusive')
  const fences = (): number | null => (profile.fences && random(10) < 4 ? pick(1, 2, 3, 5, 64) : null)

  const claim = (name: number, owner: number, mode: LockMode): PlannedClaim => ({
    name,
    owner,
    ttlMs: ttl(),
    mode,
    limit: mode === 'shared' ? pick(1, 2, 3, Infinity, Infinity) : 1,
    fences: fences(),
  })
  const acquire = (name: number, owner: number, steal = false): Draft => {
    const fresh = claim(name, owner, aMode())
    // A waiter repeats its claim: no document says what becomes of a place whose owner asks for something else.
    const place = steal ? undefined : guess.placeOf(name, owner)
    const repeated = place && {
      ...fresh,
      mode: place.mode,
      limit: place.limit,
      fences: profile.fences ? place.fences : null,
    }
    const waits = profile.line && !steal && (repeated !== undefined || random(10) < 7)
    const lineMs = waits ? pick(short(60), short(150), long(), long()) : null
    return { verb: 'acquire', claim: repeated ?? fresh, steal, lineMs }
  }
  const extending = (name: number, owner: number): PlannedClaim => {
    const shared = guess.shared(name, owner) || (profile.shared && random(10) < 3)
    return claim(name, owner, shared ? 'shared' : 'exclusive')
  }
  const extend = (name: number, owner: number): Draft => {
    const first = extending(name, owner)
    if (random(10) < 7) return { verb: 'extend', claims: [first] }
    const others = Array.from({ length: 1 + random(3) }, () => ({ name: aName(), owner: anyOwner() }))
    const different = others.filter(
      (each, index) =>
        !(each.name === name && each.owner === owner) &&
        others.findIndex((other) => other.name === each.name && other.owner === each.owner) === index,
    )
    const claims = different.map((each) => extending(each.name, each.owner))
    claims.splice(random(claims.length + 1), 0, first)
    return { verb: 'extend', claims }
  }
  const release = (name: number, owner: number): Draft => {
    const keepMs = random(10) < 7 ? 0 : pick(short(30), short(100), long())
    return { verb: 'release', name, owner, keepMs }
  }
  const draft = (): Draft => {
    const name = aName()
    const dice = random(100)
    if (dice < 36) return acquire(name, random(10) < 6 ? anyOwner() : concerned(name))
    if (dice < 42) return acquire(name, anyOwner(), true)
    if (dice < 58) return extend(name, concerned(name))
    if (dice < 70) return release(name, concerned(name))
    // A head that leaves makes room for those behind it.
    if (dice < 76) return release(name, guess.waiters(name)[0] ?? concerned(name))
    if (dice < 81) return { verb: 'evict', name }
    return profile.list && dice < 89 ? { verb: 'list' } : { verb: 'inspect', name }
  }
  /** A call of a holder together with the end of its lease, and with the next owner. */
  const race = (): readonly Draft[] => {
    const name = aName()
    const holder = aHolder(name)
    const ending = pick<() => Draft>(
      () => ({ verb: 'evict', name }),
      () => acquire(name, anyOwner(), true),
      () => ({ verb: 'release', name, owner: holder, keepMs: 0 }),
    )
    const deed = pick<() => Draft>(
      () => release(name, holder),
      () => extend(name, holder),
      () => acquire(name, holder),
      () => release(name, anyOwner()),
    )
    const drafts = [deed(), ending(), acquire(name, anyOwner())]
    return random(3) === 0 ? drafts.toReversed() : drafts
  }

  /** Claims of several owners on a shared name that has room for some of them. */
  const crowd = (): readonly Draft[] => {
    const name = aName()
    const limit = pick(1, 2)
    return [0, 1, 2].map((owner): Draft => {
      const shared = { ...claim(name, owner, 'shared'), limit }
      return { verb: 'acquire', claim: shared, steal: false, lineMs: null }
    })
  }

  /** An owner that shares, or that any call of the same time asks to share, extends as a sharing owner. */
  const sharing = (drafts: readonly Draft[]) => {
    const asked = drafts.flatMap(claimsOf).filter(({ mode }) => mode === 'shared')
    const shared = (one: PlannedClaim): PlannedClaim => {
      const shares = asked.some(({ name, owner }) => name === one.name && owner === one.owner)
      return shares ? { ...one, mode: 'shared' } : one
    }
    return (each: Draft): Draft => (each.verb === 'extend' ? { ...each, claims: each.claims.map(shared) } : each)
  }

  return {
    calls: () => {
      const dice = random(100)
      const drafts =
        profile.shared && dice < 8 ? crowd() : dice < 25 ? race() : Array.from({ length: pick(1, ...SIZES) }, draft)
      const first = random(2)
      const calls = drafts.map(sharing(drafts)).map((each, index): PlannedCall => {
        const handle = (random(4) === 0 ? random(2) : (first + index) % 2) as 0 | 1
        const turns = index === 0 ? 0 : pick(0, 0, 0, 1, 1, 2, 3)
        // A list that is given up may end early, and then shows less.
        return each.verb !== 'list' && random(16) === 0
          ? { ...each, handle, turns, aborted: pick('before', 'after') }
          : { ...each, handle, turns }
      })
      calls.forEach((each) => guess.call(each))
      if (random(3) === 0) calls.push({ verb: 'inspect', name: 0, handle: pick(0, 1), turns: pick(1, 2, 4) })
      return calls
    },
  }
}
