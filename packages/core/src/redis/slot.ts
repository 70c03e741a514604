/** Slots of a Redis Cluster. */
const SLOTS = 16_384

/** The slot of a key in Redis Cluster: CRC-16/XMODEM of its hash tag, or of the whole key, modulo 16384. */
export function slotOf(key: string): number {
  let crc = 0
  for (const byte of new TextEncoder().encode(hashTag(key) ?? key)) crc = crcNext(crc, byte)
  return crc % SLOTS
}

/** The part of a key that Redis hashes instead of the whole: between the first `{` and the next `}`, unless empty. */
export function hashTag(key: string): string | undefined {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : undefined
}

/**
 * A tag is a number of so many octal digits. The slot is linear in its bits: a bit that is set changes the same bits of
 * the slot, whatever the other digits are. With six digits, these changes span all slots.
 */
const TAG_DIGITS = 6

/** A set of bits of the tag, and how setting them changes the slot. */
interface Change {
  readonly bits: number
  readonly slot: number
}

let changes: readonly Change[] | undefined

/** A text without braces whose slot is `slot`. */
export function tagInSlot(slot: number): string {
  changes ??= independentChanges()
  return tagOf(towards(slot ^ slotOf(tagOf(0)), changes).bits)
}

const tagOf = (bits: number): string => bits.toString(8).padStart(TAG_DIGITS, '0')

/** Of the changes by single bits, combined, one for each bit of a slot: it is the highest that it changes. */
function independentChanges(): readonly Change[] {
  const found: Change[] = []
  for (let bits = 1; bits < 8 ** TAG_DIGITS; bits *= 2) {
    const left = towards(slotOf(tagOf(bits)) ^ slotOf(tagOf(0)), found)
    if (left.slot !== 0) found.push({ bits: left.bits ^ bits, slot: left.slot })
    found.sort((one, other) => other.slot - one.slot)
  }
  return found
}

/** The changes that together come closest to this change of the slot, and what is left of it. */
function towards(slot: number, among: readonly Change[]): Change {
  let left: Change = { bits: 0, slot }
  for (const change of among) {
    if ((left.slot ^ change.slot) < left.slot) left = { bits: left.bits ^ change.bits, slot: left.slot ^ change.slot }
  }
  return left
}

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

const crcNext = (crc: number, byte: number): number =>
  ((crc << 8) & 0xffff) ^ (crcTable[((crc >> 8) ^ byte) & 0xff] as number)
