import type { LockBackend, MemoryStore } from '../../../src/index.js'
import type { VirtualClock } from '../../support/clock.js'
import type { Stage } from './play.js'

const TICK_MS = 100

/** A stage over a memory store. Its time is virtual, and therefore exact. */
export function memoryStage(
  clock: Pick<VirtualClock, 'now' | 'advance'>,
  store: MemoryStore,
  backends: readonly LockBackend[],
): Stage {
  const name = 'name'
  const room = () => store.names.get(name)
  return {
    name,
    backends,
    tickMs: TICK_MS,
    slackMs: 0,
    pass: (ticks) => clock.advance(ticks * TICK_MS),
    plant: async (value, ttlMs) => {
      const holders = [...(room()?.holders.values() ?? [])]
      if (holders.some(({ expiresAt }) => expiresAt > clock.now())) return false
      const hold = { mode: 'exclusive' as const, fence: 0, expiresAt: clock.now() + (ttlMs ?? Infinity) }
      store.names.set(name, { holders: new Map([[value, hold]]), line: room()?.line ?? [] })
      return true
    },
    remove: async (value) => void room()?.holders.delete(value),
  }
}
