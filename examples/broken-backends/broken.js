import { memoryBackend, memoryStore } from '@holdfast/core'
import { virtualClock } from '@holdfast/testkit'

/**
 * A target whose backend is right but for one mistake. `spoil` is called for each of the two handles, with a right
 * backend and with the number of the handle, and answers the methods that are wrong.
 *
 * @param {string} name
 * @param {(right: import('@holdfast/core').LockBackend, kit: { store: import('@holdfast/core').MemoryStore, clock: import('@holdfast/testkit').VirtualClock, index: number }) => Partial<import('@holdfast/core').LockBackend>} spoil
 * @returns {import('@holdfast/testkit').ConformanceTarget}
 */
export function broken(name, spoil) {
  const clock = virtualClock(1_000_000)
  return {
    name,
    clock,
    open: async () => {
      const store = memoryStore()
      const handle = (/** @type {number} */ index) => {
        const right = memoryBackend({ clock, store })
        return { ...right, ...spoil(right, { store, clock, index }) }
      }
      return { backends: [handle(0), handle(1)] }
    },
  }
}
