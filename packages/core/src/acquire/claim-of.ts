import type { Claim } from '../backend.js'
import { newOwnerToken } from '../owner-token.js'
import type { Acquisition } from './acquisition.js'

/** How long a refused claim keeps its place in line without being refreshed. */
export const PLACE_MS = 3_000

/** The same claim, with a place in line where the store has one. No more fences: an earlier call may have reserved them. */
export function inLine(claim: Claim, { engine }: Acquisition): Claim {
  return engine.backend.capabilities.line ? { ...claim, lineMs: PLACE_MS } : claim
}

/** The claim of a new owner for an acquisition. It asks for a place in line where one is of use. */
export function claimOf({ engine, name, settings, storeOnly, isAtOnce }: Acquisition): Claim {
  const { mode, limit, ttlMs, steal, once } = settings
  const { line, fencing } = engine.backend.capabilities
  const owner = newOwnerToken(storeOnly?.label ?? engine.label)
  if (steal) return { name, owner, ttlMs, mode, limit, steal }
  if (!line || once || isAtOnce) return { name, owner, ttlMs, mode, limit }
  const fences = fencing ? engine.names.fencesToReserve(name) : 1
  if (fences > 1) return { name, owner, ttlMs, mode, limit, lineMs: PLACE_MS, fences }
  return { name, owner, ttlMs, mode, limit, lineMs: PLACE_MS }
}
