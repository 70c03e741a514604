import { type Client, type HeldLock, Origin } from '../spec-model.js'
import { type Mutant, mutant } from './mutant.js'

/** A model that shows another snapshot. */
const snapshot = (
  name: string,
  change: (right: Required<LockManagerSnapshot>, viewer: Client, origin: Origin) => LockManagerSnapshot,
): Mutant =>
  mutant(
    name,
    class extends Origin {
      override snapshot(viewer: Client): LockManagerSnapshot {
        return change(super.snapshot(viewer) as Required<LockManagerSnapshot>, viewer, this)
      }
    },
  )

export const queryMutants: readonly Mutant[] = [
  snapshot('does not show who waits', ({ held }) => ({ held, pending: [] })),
  snapshot('shows only what its own client waits for', ({ held, pending }, { id }) => ({
    held,
    pending: pending.filter(({ clientId }) => clientId === id),
  })),
  snapshot('shows only what its own client holds', ({ held, pending }, { id }) => ({
    held: held.filter(({ clientId }) => clientId === id),
    pending,
  })),
  snapshot('shows who waits in the wrong order', ({ held, pending }) => ({ held, pending: pending.toReversed() })),
  snapshot('shows its own waiters first', ({ held, pending }, { id }) => ({
    held,
    pending: pending.toSorted((a, b) => Number(b.clientId === id) - Number(a.clientId === id)),
  })),
  snapshot('shows one holder for each name', ({ held, pending }) => ({
    held: [...new Map(held.map((info) => [info.name, info])).values()],
    pending,
  })),
  snapshot('shows no modes', ({ held, pending }) => {
    const exclusive = (infos: LockInfo[]): LockInfo[] => infos.map((info) => ({ ...info, mode: 'exclusive' }))
    return { held: exclusive(held), pending: exclusive(pending) }
  }),
  snapshot('shows more than there is to a lock', ({ held, pending }) => ({
    held: held.map((info) => ({ ...info, ttlMs: 1_000 })),
    pending,
  })),
  snapshot('leaves out lists that are empty', ({ held, pending }) => ({
    ...(held.length > 0 && { held }),
    ...(pending.length > 0 && { pending }),
  })),
  mutant(
    'shows the present state, without waiting for its turn',
    class extends Origin {
      override async query(client: Client): Promise<LockManagerSnapshot> {
        return this.snapshot(client)
      }
    },
  ),
  mutant(
    'shows a later state than the one at its turn',
    class extends Origin {
      override async query(client: Client): Promise<LockManagerSnapshot> {
        await super.query(client)
        return super.query(client)
      }
    },
  ),
  mutant(
    'gives all clients one id',
    class extends Origin {
      override nextClientId(): string {
        return 'client'
      }
    },
  ),
  mutant(
    'gives each lock an id of its own',
    class extends Origin {
      readonly ids = new Map<object, string>()
      override snapshot(viewer: Client): LockManagerSnapshot {
        const { held, pending } = super.snapshot(viewer)
        const idOf = (lock: HeldLock): string => this.ids.get(lock) ?? `lock-${this.ids.size}`
        const locks = [...this.held]
        for (const lock of locks) this.ids.set(lock, idOf(lock))
        return {
          held: held?.map((info, i) => ({ ...info, clientId: idOf(locks[i] as HeldLock) })) ?? [],
          pending: pending ?? [],
        }
      }
    },
  ),
  mutant(
    'keeps the clients of one origin apart',
    class extends Origin {
      override client(): LockManager {
        return new Origin().client()
      }
    },
  ),
]
