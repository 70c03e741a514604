import type { Claim } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { answering, type Mutant, mutant, type Room, roomOf } from './mutant.js'

type Hold = Room['holders'] extends Map<string, infer H> ? H : never

const holdOf = (kit: Kit, { name, owner }: Pick<Claim, 'name' | 'owner'>): Hold | undefined =>
  roomOf(kit, name).holders.get(owner)

/** An extension that leaves a grant of the store unconfirmed, if `leaves`: a claim that arrives late cuts it. */
const extending =
  (leaves: (claim: Claim) => boolean): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => ({
    ...inner,
    extend: async (claims) => {
      const before = claims.map((claim) => holdOf(kit, claim)?.unconfirmed === true && leaves(claim))
      const outcomes = await inner.extend(claims)
      for (const [index, claim] of claims.entries()) {
        const hold = holdOf(kit, claim)
        if (before[index] === true && hold !== undefined) hold.unconfirmed = true
      }
      return outcomes
    },
  })

/** Changes the hold of an owner that confirms a grant of the store. */
const confirming =
  (change: (hold: Hold, claim: Claim, end: number, kit: Kit) => void): Mutant['wrapFor'] =>
  (kit) =>
  (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const before = holdOf(kit, claim)
      const end = before?.unconfirmed === true ? before.expiresAt : undefined
      const outcome = await inner.acquire(claim)
      const hold = holdOf(kit, claim)
      if (end !== undefined && hold !== undefined && outcome.acquired) change(hold, claim, end, kit)
      return outcome
    },
  })

/** Adds to retryAfterMs of a refusal, as `more` says. */
const later = (more: (claim: Claim, ahead: number) => number): Mutant['wrapFor'] =>
  answering((outcome, claim) => {
    if (outcome.acquired || outcome.retryAfterMs === null) return outcome
    return { ...outcome, retryAfterMs: outcome.retryAfterMs + more(claim, outcome.ahead ?? 0) }
  })

/** Mutants that treat a grant of the store, a refreshed place or a claim deeper in a line wrongly. */
export const confirmationMutants: readonly Mutant[] = [
  mutant(
    'leaves a grant that is confirmed for longer than its place open to a cut',
    'line/confirmed-for-longer',
    confirming((hold, claim, end, kit) => {
      if (kit.clock.now() + claim.ttlMs > end) hold.unconfirmed = true
    }),
  ),
  mutant('counts the ttl of a confirmed grant from the grant', 'line/confirmed-from-the-call', (kit) => {
    const granted = new Map<string, number>()
    const confirm = confirming((hold, claim) => {
      hold.expiresAt = (granted.get(claim.owner) ?? kit.clock.now()) + claim.ttlMs
    })(kit)
    return (inner, index) => ({
      ...confirm(inner, index),
      release: async (ownership) => {
        const outcome = await inner.release(ownership)
        for (const [owner, hold] of roomOf(kit, ownership.name).holders) {
          if (hold.unconfirmed === true) granted.set(owner, kit.clock.now())
        }
        return outcome
      },
    })
  }),
  mutant('leaves a grant that is released and kept open to a cut', 'line/unconfirmed-kept', (kit) => (inner) => ({
    ...inner,
    release: async (ownership) => {
      const before = holdOf(kit, ownership)?.unconfirmed
      const outcome = await inner.release(ownership)
      const hold = holdOf(kit, ownership)
      if (before === true && hold !== undefined) hold.unconfirmed = true
      return outcome
    },
  })),
  mutant(
    'leaves a grant that reserves fences open to a cut',
    'line/unconfirmed-reserves',
    extending(({ fences }) => fences !== undefined),
  ),
  mutant(
    'leaves a grant whose owner comes to share open to a cut',
    'shared-line/unconfirmed-downgrade',
    extending(({ mode }) => mode === 'shared'),
  ),
  mutant('reserves the fences that a waiter asked for first', 'fence-reserves/line-refreshed', (kit) => (inner) => ({
    ...inner,
    acquire: (claim) => {
      const mine = roomOf(kit, claim.name).line.find((place) => place.claim.owner === claim.owner)
      return inner.acquire(mine === undefined ? claim : { ...claim, fences: mine.claim.fences ?? 1 })
    },
  })),
  mutant(
    'answers an owner who came to share the fence that it reserved last',
    'shared/downgrade-fence-repeat',
    (kit) => {
      const reserved = new Map<string, number>()
      return (inner) => ({
        ...inner,
        extend: async (claims) => {
          const outcomes = await inner.extend(claims)
          for (const [index, outcome] of outcomes.entries()) {
            const owner = claims[index]?.owner
            if (owner !== undefined && outcome.status === 'extended' && outcome.fence !== null)
              reserved.set(owner, outcome.fence)
          }
          return outcomes
        },
        acquire: async (claim) => {
          const outcome = await inner.acquire(claim)
          const fence = holdOf(kit, claim)?.mode === 'shared' ? reserved.get(claim.owner) : undefined
          return outcome.acquired && fence !== undefined ? { ...outcome, fence } : outcome
        },
      })
    },
  ),
  mutant(
    'lets the line admit only those together that have one limit',
    'shared-line/limits-differ',
    (kit) => (inner) => ({
      ...inner,
      release: async (ownership) => {
        const { line, holders } = roomOf(kit, ownership.name)
        const limit = line[0]?.claim.limit
        const other = line.findIndex((place) => place.claim.limit !== limit)
        const behind = other > 0 && holders.has(ownership.owner) ? line.splice(other) : []
        const outcome = await inner.release(ownership)
        // The places are exclusive in the meantime, so that they go on waiting.
        for (const { claim, ...place } of behind) {
          roomOf(kit, ownership.name).line.push({ ...place, claim: { ...claim, mode: 'exclusive', limit: 1 } })
        }
        return outcome
      },
    }),
  ),
  mutant(
    'adds a second for each two who wait before a claim',
    ['line/retry-after', 'shared-line/retry-after'],
    later((_, ahead) => Math.floor(ahead / 2) * 1000),
  ),
  mutant(
    'adds the time of its place to what it answers a shared claim behind others',
    'shared-line/retry-after',
    later(({ mode, lineMs = 0 }, ahead) => (mode === 'shared' && ahead > 0 ? lineMs : 0)),
  ),
]
