import type { AcquireOutcome, Claim, Inspection, LockBackend, Turn } from '@holdfast/core'
import { nothing, passing } from './first-calls.js'
import { everything } from './listing.js'
import { type Mutant, mutant, type Wrap } from './mutant.js'

/** A time shorter than a case waits. */
const IDLE_MS = 200

/** Backends that keep state of a handle, or whose close changes the store. */
export const handleMutants: readonly Mutant[] = [
  mutant(
    'ends the leases of a handle that closes',
    'handles/close',
    releasingAtClose(({ acquired }) => acquired),
  ),
  mutant(
    'ends the places of a handle that closes',
    'handles/close',
    releasingAtClose(({ acquired }, { lineMs }) => !acquired && lineMs !== undefined),
  ),
  mutant(
    'ends the shared leases of a handle that closes',
    'handles/close',
    releasingAtClose(({ acquired }, { mode }) => acquired && mode === 'shared'),
  ),
  mutant(
    'ends the places of readers of a handle that closes',
    'handles/close',
    releasingAtClose(({ acquired }, { mode }) => !acquired && mode === 'shared'),
  ),
  mutant('ends the watchers of all handles when one closes', 'handles/close', () => {
    let closed = 0
    return (inner) => ({
      ...inner,
      watch: async (onTurn) => {
        const before = closed
        return (await inner.watch?.((turn) => closed === before && onTurn(turn))) ?? (async () => {})
      },
      close: () => void closed++,
    })
  }),
  mutant('ends the connection of all handles when one closes', 'handles/close', () => {
    let closed = false
    return (inner) => ({
      ...passing(inner, () => (closed ? { ...inner, ...nothing } : inner)),
      close: () => void (closed = true),
    })
  }),
  mutant('tells two handles', 'handles/several', () => {
    const told: LockBackend[] = []
    return (inner) => ({
      ...inner,
      watch: async (onTurn) => {
        if (!told.includes(inner)) told.push(inner)
        const known = told.indexOf(inner) < 2
        const unwatch = await inner.watch?.((turn) => known && onTurn(turn))
        return async () => {
          await unwatch?.()
          told.splice(told.indexOf(inner) >>> 0, 1)
        }
      },
    })
  }),
  mutant(
    'counts fences from one again in a handle that is opened later',
    'handles/first-calls',
    () => (inner, index) => {
      let last = 0
      return {
        ...inner,
        acquire: async (claim): Promise<AcquireOutcome> => {
          const before = await inner.inspect(claim.name)
          const outcome = await inner.acquire(claim)
          return index > 2 && outcome.acquired && before === null ? { ...outcome, fence: ++last } : outcome
        },
      }
    },
  ),
  mutant('finds nothing by the call after a handle made none for a while', 'handles/idle', ({ clock }) => (inner) => {
    let lastAt = clock.now()
    return passing(inner, () => {
      const idleMs = clock.now() - lastAt
      lastAt = clock.now()
      return idleMs >= IDLE_MS ? { ...inner, ...nothing } : inner
    })
  }),
  mutant('tells nobody after no notification came for a while', 'handles/idle', ({ clock }) => (inner) => ({
    ...inner,
    watch: async (onTurn) => {
      let lastAt = clock.now()
      const tell = (turn: Turn): void => {
        if (clock.now() - lastAt >= IDLE_MS) return
        lastAt = clock.now()
        onTurn(turn)
      }
      return (await inner.watch?.(tell)) ?? (async () => {})
    },
  })),
  mutant('lists again what it listed last when nothing is held', 'list/nothing', () => (inner) => {
    let last: readonly Inspection[] = []
    return {
      ...inner,
      async *list() {
        const all = await everything(inner)
        if (all.length > 0) last = all
        yield* last
      },
    }
  }),
]

/** Releases, when the handle closes, the owners of the claims whose outcome `isMeant`. */
function releasingAtClose(isMeant: (outcome: AcquireOutcome, claim: Claim) => boolean): () => Wrap {
  return () => (inner) => {
    const owners = new Map<string, string>()
    return {
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (isMeant(outcome, claim)) owners.set(claim.owner, claim.name)
        return outcome
      },
      close: () => {
        for (const [owner, name] of owners) void inner.release({ name, owner })
      },
    }
  }
}
