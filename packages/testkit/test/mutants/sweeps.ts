import type { AcquireOutcome, LockBackend } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { type Mutant, mutant, roomOf } from './mutant.js'

/** Sweeps all known names at each `each`th new name. */
function sweeping(
  each: number,
  sweep: (kit: Kit, name: string, inner: LockBackend) => Promise<void>,
): Mutant['wrapFor'] {
  return (kit) => {
    const known = new Set<string>()
    let news = 0
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        if (!known.has(claim.name) && ++news % each === 0) for (const name of known) await sweep(kit, name, inner)
        known.add(claim.name)
        return inner.acquire(claim)
      },
    })
  }
}

export const sweepMutants: readonly Mutant[] = [1, 60, 500].flatMap((each) => [
  mutant(
    `sweeps the line of a name whose lease has ended, at each ${each}th new name`,
    'names/others',
    sweeping(each, async (kit, name) => {
      const room = roomOf(kit, name)
      if ([...room.holders.values()].every((hold) => hold.expiresAt <= kit.clock.now())) kit.store.names.delete(name)
    }),
  ),
  mutant(
    `sweeps lines, at each ${each}th new name`,
    'names/others',
    sweeping(each, async (kit, name) => void roomOf(kit, name).line.splice(0)),
  ),
  mutant(
    `sweeps all holders but the first, at each ${each}th new name`,
    'names/others',
    sweeping(each, async (kit, name) => {
      const { holders } = roomOf(kit, name)
      for (const owner of [...holders.keys()].slice(1)) holders.delete(owner)
    }),
  ),
  mutant(
    `sweeps leases in their last ten seconds, at each ${each}th new name`,
    'names/others',
    sweeping(each, async (kit, name, inner) => {
      const left = [...roomOf(kit, name).holders.values()].map((hold) => hold.expiresAt - kit.clock.now())
      if (left.some((ms) => ms > 0 && ms < 10_000)) await inner.evict(name)
    }),
  ),
  mutant(`sweeps the fences of free names, at each ${each}th new name`, 'names/others', () => {
    const known = new Map<string, 'kept' | 'swept'>()
    let news = 0
    return (inner) => ({
      ...inner,
      acquire: async (claim): Promise<AcquireOutcome> => {
        if (!known.has(claim.name) && ++news % each === 0)
          for (const name of known.keys()) if ((await inner.inspect(name)) === null) known.set(name, 'swept')
        const swept = known.get(claim.name) === 'swept'
        const outcome = await inner.acquire(claim)
        known.set(claim.name, 'kept')
        return swept && outcome.acquired ? { ...outcome, fence: 1 } : outcome
      },
    })
  }),
])
