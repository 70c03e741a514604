import { type LockBackend, memoryBackend, memoryStore } from '@holdfast/core'
import { virtualClock } from '../src/index.js'
import { testConformance } from '../src/vitest.js'

const clock = virtualClock()

testConformance({
  name: 'the memory backend',
  clock,
  open: async () => {
    const store = memoryStore()
    const backend = (): LockBackend => memoryBackend({ clock, store })
    return { backends: [backend(), backend()], another: async () => ({ backend: backend(), close: () => {} }) }
  },
})
