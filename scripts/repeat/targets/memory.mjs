// The memory backend in virtual time, or in real time where calls are delayed.
import { memoryBackend, memoryStore, systemClock } from '@holdfast/core'
import { virtualClock } from '@holdfast/testkit'
import { DELAY_MS, delayed } from '../delayed.mjs'

const virtual = DELAY_MS > 0 ? undefined : virtualClock()
const clock = virtual ?? systemClock

export default delayed({
  name: 'memory',
  ...(virtual && { clock: virtual }),
  open: async () => {
    const store = memoryStore()
    const open = () => memoryBackend({ clock, store })
    return { backends: [open(), open()], another: async () => ({ backend: open(), close: () => {} }) }
  },
})
