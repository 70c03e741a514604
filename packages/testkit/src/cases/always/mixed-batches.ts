import type { Claim, ExtendOutcome } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectFree, expectSame, expectThat, fenceOf, isGranted } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { expectRemaining } from './aborted.js'

/** A claim of a batch, and the state that it finds. */
interface Member {
  readonly claim: Claim
  /** How the owner holds the name before the batch; absent if it does not. */
  readonly heldAs?: Claim['mode']
  /** How often the batch contains the claim. */
  readonly times: number
}

const SIZE = 250
/** The step that puts claims on one name far from each other. Has no divisor in common with the size. */
const STRIDE = 7

/** A batch may mix everything: each claim is answered and extended for itself. */
export const mixedBatches: readonly ConformanceCase[] = [
  {
    id: 'batches/mixed',
    title: 'in a batch of 250 claims each is extended to its own ttl, and no reserved fence is answered twice',
    run: (world) => mixed(world, writers),
  },
  {
    id: 'batches/mixed-modes',
    title: 'in a batch of 250 claims of readers and writers each is extended to its own ttl, in its own mode',
    requires: ['shared'],
    run: (world) => mixed(world, readersAndWriters),
  },
]

/** Five claims on four names. */
function writers({ claim, named }: World, index: number): readonly Member[] {
  const on = (name: string, over: Partial<Claim>): Claim => claim({ name: named(`/${index}/${name}`), ...over })
  const reserving = on('reserving', { ttlMs: ttlOf(index + 2), fences: 1 + (index % 3) })
  return [
    { claim: on('writer', { ttlMs: ttlOf(index) }), heldAs: 'exclusive', times: 1 },
    { claim: on('other', { ttlMs: ttlOf(index + 1) }), heldAs: 'exclusive', times: 1 },
    { claim: reserving, heldAs: 'exclusive', times: 2 },
    { claim: on('free', { ttlMs: ttlOf(index + 3) }), times: 1 },
  ]
}

/**
 * Ten claims on six names: those of `writers`, three readers of one name, and a writer that becomes a reader, twice.
 */
function readersAndWriters(world: World, index: number): readonly Member[] {
  const { claim, named } = world
  const reader = (name: string, over: Partial<Claim>): Claim =>
    claim({ name: named(`/${index}/${name}`), mode: 'shared', limit: Infinity, ...over })
  // The number of fences means nothing for a reader.
  const readers = [reader('read', { ttlMs: ttlOf(index), fences: 3 }), reader('read', { ttlMs: ttlOf(index + 1) })]
  return [
    ...readers.map((one): Member => ({ claim: one, heldAs: 'shared', times: 1 })),
    ...writers(world, index),
    { claim: reader('read', { ttlMs: ttlOf(index + 2) }), heldAs: 'shared', times: 1 },
    { claim: reader('downgraded', { ttlMs: ttlOf(index + 3) }), heldAs: 'exclusive', times: 2 },
  ]
}

/** A ttl that differs between neighbouring claims by as much as a case may take. */
function ttlOf(index: number): number {
  return (3 + (index % 4)) * LONG_MS
}

async function mixed(world: World, membersOf: (world: World, index: number) => readonly Member[]): Promise<void> {
  const { a, b } = world
  const members: Member[] = []
  const entries: { readonly member: Member; readonly claim: Claim }[] = []
  for (let index = 0; entries.length < SIZE; index++) {
    for (const member of membersOf(world, index)) {
      members.push(member)
      // Repeated claims, as from one caller, whose claim is the same object each time, or from several callers.
      const claimOf = (): Claim => (index % 2 === 0 ? member.claim : { ...member.claim })
      for (let count = 0; count < member.times; count++) entries.push({ member, claim: claimOf() })
    }
  }
  const granted = new Map<Member, number | null>()
  await inPortions(members, async (member) => {
    const { claim, heldAs: mode } = member
    if (mode === undefined) return
    const limit = mode === 'shared' ? Infinity : 1
    const outcome = await a.acquire({ ...claim, mode, limit, ttlMs: LONG_MS })
    granted.set(member, isGranted(outcome, 'a free name, or one with readers only').fence)
  })
  const batch = entries.map((entry, index) => entries[(index * STRIDE) % entries.length] ?? entry)
  const outcomes = await b.extend(batch.map(({ claim }) => claim))
  for (const member of members) {
    const its = outcomes.filter((_, index) => batch[index]?.member === member)
    expectOutcomes(member, its, granted.get(member) ?? null)
  }
  await inPortions(members, (member) => expectExtended(world, member))
}

function expectOutcomes(
  { claim, heldAs, times }: Member,
  outcomes: readonly ExtendOutcome[],
  granted: number | null,
): void {
  const { name, ttlMs, mode, fences = 0 } = claim
  const status = heldAs === undefined ? 'lost' : 'extended'
  const statuses = outcomes.map((outcome) => outcome.status)
  expectSame(
    statuses,
    Array.from({ length: times }, () => status),
    `${name}: its outcomes in a batch of ${SIZE} claims`,
  )
  const extended = outcomes.filter((outcome) => outcome.status === 'extended')
  const longest = Math.max(0, ...extended.map(({ validMs }) => validMs))
  expectThat(longest <= ttlMs, `${name}: validMs of a claim of ${ttlMs} ms`, longest)
  if (granted === null || mode === 'shared' || fences === 0) {
    const given = extended.flatMap(({ fence }) => (fence === null ? [] : [fence]))
    expectSame(given, [], `${name}: fences for a claim that reserves none`)
    return
  }
  let least = granted + fences
  for (const first of extended.map(fenceOf).toSorted((one, other) => one - other)) {
    expectThat(first >= least, `${name}: a fence after ${least - 1}, the last that was reserved for it`, extended)
    least = first + fences
  }
}

async function expectExtended({ a }: World, { claim, heldAs }: Member): Promise<void> {
  const { name, mode, owner, ttlMs } = claim
  if (heldAs === undefined) return expectFree(a, name, 'a claim of a batch that nobody held')
  const seen = await a.inspect(name)
  expectSame(seen?.mode, mode, `${name}: how it is held after a batch of ${SIZE} claims`)
  expectRemaining(seen, { owner, ttlMs }, `${name}: after a batch of ${SIZE} claims`)
}
