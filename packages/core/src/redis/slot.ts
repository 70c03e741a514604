/** The slot of a key in Redis Cluster: CRC-16/XMODEM of its hash tag, or of all of it, modulo 16384. */
export function slotOf(key: string): number {
  return crc16(new TextEncoder().encode(hashTag(key) ?? key)) % 16384
}

/** What Redis hashes instead of the whole key: what stands between the first `{` and the next `}`, unless empty. */
export function hashTag(key: string): string | undefined {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : undefined
}

const tags = new Map<number, string>()

/** A text without braces whose slot is `slot`: the first number that fits, about one in 16384 does. */
export function tagInSlot(slot: number): string {
  let tag = tags.get(slot)
  for (let n = 0; tag === undefined; n++) {
    const candidate = n.toString(36)
    if (slotOf(candidate) === slot) tags.set(slot, (tag = candidate))
  }
  return tag
}

function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  }
  return crc
}
