const POOL_BYTES = 4096
const TOKEN_BYTES = 16

// Drawn in large pieces: a draw of 16 bytes costs ten times as much as the token made of it.
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

/** The code of each hexadecimal digit, and of each character of a token. */
const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const codes = Array.from({ length: 1 + 2 * TOKEN_BYTES }, () => '~'.charCodeAt(0))

function draw(bytes: number): number {
  if (used + bytes > POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  used += bytes
  return used - bytes
}

const AT_MODULE_SCOPE =
  'Holdfast: there are no random values here, as at module scope of a Cloudflare Worker: create the client, the backend and the locker within each request, which cannot wait for what another request began'

/**
 * Prints a warning where no owner can be made: on Cloudflare Workers while a module loads. A locker that is made there
 * serves one request at a time, and fails under contention.
 */
export function warnAtModuleScope(): void {
  try {
    crypto.getRandomValues(new Uint8Array(1))
  } catch {
    // oxlint-disable-next-line no-console -- an error would also end programs that work: those with one request at a time
    console.warn(AT_MODULE_SCOPE)
  }
}

/** A new owner: `<label>~` and 128 bits from the platform's cryptographic source. */
export function newOwnerToken(label: string): string {
  const from = draw(TOKEN_BYTES)
  for (let i = 0; i < TOKEN_BYTES; i++) {
    const byte = pool[from + i] as number
    codes[1 + 2 * i] = DIGITS[byte >> 4] as number
    codes[2 + 2 * i] = DIGITS[byte & 15] as number
  }
  const token = String.fromCharCode(...codes)
  if (label === '') return token
  const owner = label + token
  // Reading a character makes a flat string of the pieces, which would stay in memory as long as the lease.
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
