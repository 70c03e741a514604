const POOL_BYTES = 4096
const TOKEN_BYTES = 16

// Drawn in large pieces: a draw of 16 bytes costs ten times as much as the token made of it.
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function draw(bytes: number): number {
  if (used + bytes > POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  used += bytes
  return used - bytes
}

/** A new owner: `<label>~` and 128 bits from the platform's cryptographic source. */
export function newOwnerToken(label: string): string {
  const from = draw(TOKEN_BYTES)
  let owner = `${label}~`
  for (let i = from; i < from + TOKEN_BYTES; i++) owner += hex[pool[i] as number]
  // Reading a character makes one flat string of the pieces, which would stay in memory as long as the lease.
  owner.charCodeAt(0)
  return owner
}

const OWNER = /^(.*)~[0-9a-f]{32}$/s

/** The label within an owner, or `null` for a foreign value. */
export function labelOf(owner: string): string | null {
  return OWNER.exec(owner)?.[1] ?? null
}

/** A number from 0 to below 1, for jitter. */
export function randomFraction(): number {
  const from = draw(4)
  return new DataView(pool.buffer).getUint32(from) / 2 ** 32
}
