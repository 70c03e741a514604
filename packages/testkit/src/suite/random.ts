/** Answers whole numbers from 0 up to, but without, `below`. */
export type Random = (below: number) => number

/** Numbers that a seed repeats: mulberry32 (Tommy Ettinger, public domain). */
export function random(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** A seed of its own for each of several uses of one seed. */
export function seedFor(seed: number, use: string): number {
  let mixed = seed >>> 0
  for (const character of use) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return mixed
}
