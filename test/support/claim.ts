import type { Claim } from '@holdfast/core'
import { ownerOf } from './owners.js'

/** A claim as a locker makes one: exclusive, for a minute, always by the same owner. */
export const claimOf = (name: string, over: Partial<Claim> = {}): Claim => ({
  name,
  owner: ownerOf('claim'),
  ttlMs: 60_000,
  mode: 'exclusive',
  limit: 1,
  ...over,
})
