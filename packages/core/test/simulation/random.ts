import { createHash } from 'node:crypto'
import { newOwnerToken } from '../../src/owner-token.js'
import { dice } from '../support/dice.js'

/** Draws tokens, jitter and the duration of digests from the seed, so that a history can be replayed. */
export function drawAllFrom(seed: number): void {
  const chance = dice(seed)
  let draws = 0
  crypto.getRandomValues = <T extends ArrayBufferView | null>(array: T): T => {
    draws++
    const { buffer, byteOffset, byteLength } = array as unknown as Uint8Array
    const bytes = new Uint8Array(buffer, byteOffset, byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = chance.between(0, 255)
    return array
  }
  crypto.randomUUID = () => {
    const hex = Array.from({ length: 32 }, () => chance.between(0, 15).toString(16)).join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as ReturnType<Crypto['randomUUID']>
  }
  crypto.subtle.digest = async (_, data) => {
    const hash = createHash('sha256')
      .update(data as Uint8Array)
      .digest()
    for (let turns = chance.between(0, 8); turns > 0; turns--) await Promise.resolve()
    return Uint8Array.from(hash).buffer
  }
  // Uses up the random bytes that were drawn before and are left in the pool.
  while (draws === 0) newOwnerToken('')
}
