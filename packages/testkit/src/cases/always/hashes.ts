import { hash } from 'node:crypto'

/** The hash of a beginning and an end. The beginning is read once for all ends. */
export type ShortHash = (beginning: string) => (end: string) => number | string

/** Short hashes, of 32 bits, that a store may be tempted to take for a name. */
export const shortHashes: Readonly<Record<string, ShortHash>> = {
  'FNV-1a': folded(0x811c9dc5, (state, byte) => Math.imul(state ^ byte, 0x01000193)),
  'times 31': folded(0, (state, byte) => Math.imul(state, 31) + byte),
  'times 33': folded(5381, (state, byte) => Math.imul(state, 33) + byte),
  'times 33, exclusive or': folded(5381, (state, byte) => Math.imul(state, 33) ^ byte),
  // Without the last step of the checksum, which makes no two of them equal.
  'CRC-32': folded(-1, crcStep),
  'the beginning of MD5': (beginning) => (end) => firstBits('md5', beginning + end),
  'the beginning of SHA-1': (beginning) => (end) => firstBits('sha1', beginning + end),
  'the beginning of SHA-256': (beginning) => (end) => firstBits('sha256', beginning + end),
}

function folded(start: number, step: (state: number, byte: number) => number): ShortHash {
  const read = (from: number, text: string): number => {
    let state = from
    for (let index = 0; index < text.length; index++) state = step(state, text.charCodeAt(index)) | 0
    return state
  }
  return (beginning) => {
    const middle = read(start, beginning)
    return (end) => read(middle, end)
  }
}

function crcStep(crc: number, byte: number): number {
  let next = crc ^ byte
  for (let bit = 0; bit < 8; bit++) next = next & 1 ? (next >>> 1) ^ 0xedb88320 : next >>> 1
  return next
}

/** 32 bits as hexadecimal digits: quicker than a buffer. */
const firstBits = (algorithm: string, text: string): string => hash(algorithm, text, 'hex').slice(0, 8)

/** Two ends that, each behind `beginning`, have the same hash, or `null`. */
export function collision(beginning: string, of: ShortHash): readonly [string, string] | null {
  const hashOf = of(beginning)
  const seen = new Map<number | string, number>()
  for (let count = 0; count < 400_000; count++) {
    const value = hashOf(endOf(count))
    const other = seen.get(value)
    if (other !== undefined) return [endOf(other), endOf(count)]
    seen.set(value, count)
  }
  return null
}

/** An end that is long enough that different ends can have the same checksum. */
const endOf = (count: number): string => `${(Math.imul(count, 0x9e3779b1) >>> 0).toString(36)}${count.toString(36)}`
