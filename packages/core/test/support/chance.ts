import { vi } from 'vitest'
import { newOwnerToken } from '../../src/owner-token.js'
import { dice } from './dice.js'

/** Draws tokens and jitter from the seed from now on, so that a test can be replayed. */
export function drawFrom(seed: number): void {
  const chance = dice(seed)
  let draws = 0
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    draws++
    const bytes = new Uint8Array((array as Uint8Array).buffer)
    for (let i = 0; i < bytes.length; i++) bytes[i] = chance.between(0, 255)
    return array
  })
  // Uses up the random bytes that were drawn before and are left in the pool.
  while (draws === 0) newOwnerToken('')
}

/** Draws random bytes from the platform again. */
export function drawAnew(): void {
  if (!vi.isMockFunction(crypto.getRandomValues)) return
  vi.mocked(crypto.getRandomValues).mockRestore()
}
