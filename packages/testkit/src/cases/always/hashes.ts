import { createHash } from 'node:crypto'

/** Short hashes that a store may be tempted to take for a name. Each takes a text to a number below 2^32. */
export const shortHashes: Readonly<Record<string, (text: string) => number>> = {
  'FNV-1a': (text) => fold(text, 0x811c9dc5, (hash, byte) => Math.imul(hash ^ byte, 0x01000193)),
  'times 31': (text) => fold(text, 0, (hash, byte) => Math.imul(hash, 31) + byte),
  'times 33': (text) => fold(text, 5381, (hash, byte) => Math.imul(hash, 33) + byte),
  'times 33, exclusive or': (text) => fold(text, 5381, (hash, byte) => Math.imul(hash, 33) ^ byte),
  'CRC-32': (text) => ~fold(text, -1, crcStep) >>> 0,
  'the beginning of MD5': (text) => digest('md5', text),
  'the beginning of SHA-1': (text) => digest('sha1', text),
  'the beginning of SHA-256': (text) => digest('sha256', text),
}

function fold(text: string, start: number, step: (hash: number, byte: number) => number): number {
  let hash = start
  for (let index = 0; index < text.length; index++) hash = step(hash, text.charCodeAt(index))
  return hash >>> 0
}

function crcStep(crc: number, byte: number): number {
  let next = crc ^ byte
  for (let bit = 0; bit < 8; bit++) next = next & 1 ? (next >>> 1) ^ 0xedb88320 : next >>> 1
  return next
}

const digest = (algorithm: string, text: string): number => createHash(algorithm).update(text).digest().readUInt32BE(0)

/** Two ends that, each behind `beginning`, have the same hash, or `null`. */
export function collision(beginning: string, hash: (text: string) => number): readonly [string, string] | null {
  const seen = new Map<number, string>()
  for (let count = 0; count < 400_000; count++) {
    // The ends are long enough that different ends can have the same checksum.
    const end = `${(Math.imul(count, 0x9e3779b1) >>> 0).toString(36)}${count.toString(36)}`
    const value = hash(`${beginning}${end}`)
    const other = seen.get(value)
    if (other !== undefined) return [other, end]
    seen.set(value, end)
  }
  return null
}
