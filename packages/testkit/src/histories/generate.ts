import type { Random } from '../suite/random.js'
import { createCallMaker } from './generate-calls.js'
import { createGuess, type Guess } from './guess.js'
import type { Action, Plan, Profile } from './plan.js'

/** Makes a history up: mostly of calls that matter in the state that the calls before have probably led to. */
export function generate(profile: Profile, random: Random): Plan {
  const guess = createGuess(profile)
  const make = createCallMaker(profile, random, guess)
  const pass = (ms: number): number => {
    guess.pass(ms)
    return ms
  }
  return Array.from({ length: profile.length }, (_, index): Action => {
    if (index > 1 && random(100) < 22) return { type: 'pass', ms: pass(duration(profile, random, guess)) }
    const calls = make.calls()
    const meanwhileMs = random(100) < 8 ? pass(duration(profile, random, guess)) : 0
    return { type: 'calls', calls, meanwhileMs }
  })
}

/** A time until just before an end, or just after it, or any time. */
function duration({ edgeMs, longestMs, unit }: Profile, random: Random, guess: Guess): number {
  const ends = guess.ends().filter((ms) => ms > edgeMs && ms + edgeMs <= longestMs)
  const end = ends[random(ends.length)]
  if (end === undefined || random(4) === 0) return 1 + random(60 * unit)
  return random(2) === 0 ? end - edgeMs : end + edgeMs
}
