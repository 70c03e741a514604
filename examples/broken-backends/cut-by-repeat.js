import { broken } from './broken.js'

// SET key owner PX ttl for a repeated claim: sent again late, after the lease was extended, it cuts what its owner
// relies on. A repeated claim refreshes a lease, and never shortens it.
export default broken('a repeated claim cuts the lease', (right, { store, clock }) => ({
  acquire: async (claim) => {
    const outcome = await right.acquire(claim)
    const hold = store.names.get(claim.name)?.holders.get(claim.owner)
    if (outcome.acquired && hold !== undefined) hold.expiresAt = clock.now() + claim.ttlMs
    return outcome
  },
}))
