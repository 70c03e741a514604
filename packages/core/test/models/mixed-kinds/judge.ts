import type { Inspection } from '../../../src/index.js'
import type { Answer, Deed, Hold, Outcome, World } from './model.js'

/** The answer of the backend, in the words of the model. */
export interface Said {
  readonly answer: Exclude<Answer, { refused: unknown }> | { readonly ahead: number | null }
  readonly fence?: number | null
  readonly validMs?: number
  readonly retryAfterMs?: number | null
}

/** The step that was done, its time, and how exactly times can be known. */
export interface Circumstances {
  readonly deed: Deed
  readonly now: number
  readonly tickMs: number
  readonly slackMs: number
}

/** The world of an outcome with the fences that were seen, or an objection to this outcome. */
export function witnessed(
  outcome: Outcome,
  said: Said,
  seen: Inspection | null,
  circumstances: Circumstances,
): World | string {
  const world = numbered(outcome.world, said, seen)
  if (typeof world === 'string') return world
  return (
    answerObjection(outcome.answer, said) ??
    fenceObjection(world, said, circumstances) ??
    timeObjection(world, said, circumstances) ??
    sightObjection(world, seen, circumstances) ??
    world
  )
}

/** Rule 11: numbers the fences of this step in the order of the grants. Each is greater than all fences before. */
function numbered(world: World, said: Said, seen: Inspection | null): World | string {
  let { lastFence } = world
  for (const { owner, count, by } of world.reserved) {
    const shown = seen?.holders.find((holder) => holder.owner === owner)?.fence
    const first = by === 'extend' ? said.fence : shown
    // The hold ended before `inspect` could show its fence.
    if (first === undefined) lastFence += count
    else if (!Number.isSafeInteger(first) || (first ?? 0) <= lastFence) return `fence ${first} after ${lastFence}`
    else lastFence = (first ?? 0) + count - 1
  }
  const fenceOf = ({ owner, fence }: Hold): number | null =>
    fence ?? seen?.holders.find((holder) => holder.owner === owner)?.fence ?? null
  return { ...world, lastFence, reserved: [], holds: world.holds.map((hold) => ({ ...hold, fence: fenceOf(hold) })) }
}

function answerObjection(expected: Answer, { answer }: Said): string | undefined {
  const objection = `answered ${JSON.stringify(answer)}, expected ${JSON.stringify(expected)}`
  if (expected === null || typeof expected !== 'object') return answer === expected ? undefined : objection
  if (answer === null || typeof answer !== 'object') return objection
  const [least, most] = expected.refused ?? [null, null]
  if (answer.ahead === null || least === null || most === null) return answer.ahead === least ? undefined : objection
  return answer.ahead >= least && answer.ahead <= most ? undefined : objection
}

/** A grant, new or repeated, answers the fence of the hold. An extension answers a fence only if it reserves fences. */
function fenceObjection(world: World, { answer, fence }: Said, { deed }: Circumstances): string | undefined {
  const claim = 'claim' in deed ? deed.claim : undefined
  if (answer === 'extended' && claim?.fences !== undefined) return undefined
  const mine = world.holds.find(({ owner }) => owner === claim?.owner)
  const expected = answer === 'acquired' ? mine?.fence : answer === 'extended' ? null : undefined
  return fence === expected ? undefined : `answered fence ${fence}, expected ${expected}`
}

function timeObjection(world: World, said: Said, { deed, now, tickMs, slackMs }: Circumstances): string | undefined {
  const { validMs, retryAfterMs } = said
  const ttl = 'claim' in deed ? deed.claim.ttl : 0
  if (validMs !== undefined && !(validMs > 0 && validMs <= ttl * tickMs)) return `valid for ${validMs} ms`
  if (retryAfterMs === undefined || retryAfterMs === null) return undefined
  const longestMs = Math.max(...world.holds.map(({ until }) => until - now)) * tickMs
  if (retryAfterMs > 0 && retryAfterMs <= longestMs + slackMs) return undefined
  return `to be asked again after ${retryAfterMs} ms, with leases of at most ${longestMs}`
}

/** `inspect` shows the holds of the model, with mode, remaining time and fence, and the number of waiters. */
function sightObjection(world: World, seen: Inspection | null, circumstances: Circumstances): string | undefined {
  const { now, tickMs, slackMs } = circumstances
  const shown = seen?.holders ?? []
  const names = (owners: readonly { readonly owner: string }[]): string =>
    owners
      .map(({ owner }) => owner.slice(0, 8))
      .toSorted()
      .join()
  if (names(shown) !== names(world.holds)) return `held by ${names(shown)}, expected ${names(world.holds)}`
  if (seen === null) return undefined
  if (shown.length === 0) return 'shown as held by nobody'
  for (const { owner, until, mode, fence, foreign } of world.holds) {
    const holder = shown.find((one) => one.owner === owner)
    if (mode !== seen.mode) return `shown as ${seen.mode}, expected ${mode}`
    if (!foreign && holder?.fence !== fence)
      return `${owner.slice(0, 8)} with fence ${holder?.fence}, expected ${fence}`
    const expectedMs = (until - now) * tickMs
    const leftMs = holder?.remainingMs ?? Infinity
    if (leftMs !== expectedMs && !(Math.abs(leftMs - expectedMs) <= slackMs)) {
      return `${owner.slice(0, 8)} for ${leftMs} ms, expected ${expectedMs}`
    }
  }
  const living = world.line.filter(({ until }) => until > now).length
  const { waiting } = seen
  if (waiting !== null && waiting >= living && waiting <= world.line.length) return undefined
  return `${waiting} wait, expected ${living}`
}
