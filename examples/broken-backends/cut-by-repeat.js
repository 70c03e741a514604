import { broken } from './broken.js'

// A repeated claim as SET key owner PX ttl: when it arrives late, after an extension, it cuts the lease that its owner
// relies on. A repeated claim refreshes a lease, and never shortens it.
export default broken('a repeated claim cuts the lease', (right, { store, clock }) => ({
  acquire: async (claim) => {
    const outcome = await right.acquire(claim)
    const hold = store.names.get(claim.name)?.holders.get(claim.owner)
    if (outcome.acquired && hold !== undefined) hold.expiresAt = clock.now() + claim.ttlMs
    return outcome
  },
}))
