import { vi } from 'vitest'
import { newOwnerToken } from '../../src/owner-token.js'
import { dice } from './dice.js'

/** From now on tokens and jitter are drawn from this seed, so that what happens can be replayed. */
export function drawFrom(seed: number): void {
  const chance = dice(seed)
  let draws = 0
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    draws++
    const bytes = new Uint8Array((array as Uint8Array).buffer)
    for (let i = 0; i < bytes.length; i++) bytes[i] = chance.between(0, 255)
    return array
  })
  // Whatever was drawn before and is left in the pool of random bytes is used up.
  while (draws === 0) newOwnerToken('')
}

/** As the platform does it. */
export function drawAnew(): void {
  if (!vi.isMockFunction(crypto.getRandomValues)) return
  vi.mocked(crypto.getRandomValues).mockRestore()
}
