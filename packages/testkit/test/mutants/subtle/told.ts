import { ownersOf, sparing } from '../losses.js'
import { claiming, mutant, roomOf, type Mutant } from '../mutant.js'

const refused = { acquired: false, retryAfterMs: null, ahead: null } as const

/** Notifications that are missing in a rare state, answers to callers that have gone, and durations that are rounded. */
export const subtleTold: readonly Mutant[] = [
  mutant('tells a holder that has extended its lease nothing of a theft', 'histories/exclusive', (kit) => {
    const extended = new Set<string>()
    const spare = sparing((state, thief) => (thief ? ownersOf(state).filter((owner) => extended.has(owner)) : []))(kit)
    return (inner, index) => {
      const backend = spare(inner, index)
      return {
        ...backend,
        extend: (claims, call) => {
          for (const { owner } of claims) extended.add(owner)
          return backend.extend(claims, call)
        },
      }
    }
  }),
  mutant('refuses a claim of the holder whose caller has gone', 'histories/exclusive', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim, call) => {
      const isGone = call?.signal?.aborted === true && roomOf(kit, claim.name).holders.has(claim.owner)
      return isGone ? refused : inner.acquire(claim, call)
    },
  })),
  mutant(
    'cuts places of three seconds and more to whole seconds',
    'histories/line',
    claiming((claim) =>
      claim.lineMs !== undefined && claim.lineMs >= 3_000
        ? { ...claim, lineMs: Math.floor(claim.lineMs / 1_000) * 1_000 }
        : claim,
    ),
  ),
]
