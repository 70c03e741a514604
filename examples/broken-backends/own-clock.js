import { memoryBackend } from '@holdfast/core'
import { broken } from './broken.js'

// Each process judges by its own clock whether a lease has ended. A process whose clock is ahead takes names that are
// still held. Expiry belongs to the clock of the store, read within the atomic step.
export default broken('expiry by the clock of the client', (right, { store, clock, index }) => {
  if (index === 0) return right
  return memoryBackend({ store, clock: { ...clock, now: () => clock.now() + 50 } })
})
