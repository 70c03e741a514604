import { broken } from './broken.js'

// The fence is kept with the lease and deleted with it: the next owner gets 1 again, and a guard at the resource cannot
// tell it from the one before. Fences outlive leases.
export default broken('fences that start anew', (right, { store }) => ({
  acquire: async (claim) => {
    const before = store.names.get(claim.name)?.holders.size ?? 0
    if (before === 0) store.lastFence = 0
    return right.acquire(claim)
  },
}))
