// The memory backend for the conformance suite, in virtual time.
import { memoryBackend, memoryStore } from '@holdfast/core'
import { virtualClock } from '@holdfast/testkit'

const clock = virtualClock()

/** @type {import('@holdfast/testkit').ConformanceTarget} */
const target = {
  name: 'memory',
  clock,
  open: async () => {
    const store = memoryStore()
    return { backends: [memoryBackend({ clock, store }), memoryBackend({ clock, store })] }
  },
}
export default target
