import type { AcquireOptions } from '@holdfast/core'
import type { Terms, Verb } from '../history/event.js'
import { ask } from './calls.js'
import { type Asking, type Held, pick, type Tools } from './tools.js'

const TTLS_MS = [250, 500, 1_000, 2_500]
const WAITS_MS = [0, 40, 400, 2_000, 8_000]
/** How many owners may share a name that is a semaphore. */
const PLACES = 3

/** An acquisition: how the history describes it, and its options. */
export interface Draw extends Asking {
  readonly options: AcquireOptions
}

/** Draws a name and how to hold it. */
export function draw(tools: Tools, verb: Verb, kinds: readonly string[]): Draw {
  const { random, nameOf } = tools
  const possible = kinds.filter((each) => tools.kinds.includes(each))
  const kind = possible.length > 0 ? pick(random, possible) : 'solo-a'
  const names = kind === 'several' ? ['solo-b', 'pair', 'solo-a'].map(nameOf) : [nameOf(kind)]
  const shared = kind === 'places' || (kind === 'mixed' && random(3) > 0)
  const ttlMs = pick(random, TTLS_MS)
  const renew = !tools.strict || random(4) > 0
  const maxHoldMs = tools.strict && random(10) === 0 ? 2 * ttlMs : null
  const limit = kind === 'places' ? PLACES : null
  const terms: Terms = { mode: shared ? 'shared' : 'exclusive', limit, ttlMs, renew, maxHoldMs, steal: false }
  const waitMs = verb === 'tryAcquire' || verb === 'ifAvailable' ? 0 : pick(random, WAITS_MS)
  return { verb, names, terms, budgetMs: waitMs, options: optionsOf(terms, waitMs, random(20) === 0 ? 100 : 0) }
}

function optionsOf(
  { mode, limit, ttlMs, renew, maxHoldMs, steal }: Terms,
  waitMs: number,
  minHoldMs: number,
): AcquireOptions {
  return {
    mode,
    ttlMs,
    renew,
    waitMs,
    ...(limit !== null && { limit }),
    ...(maxHoldMs !== null && { maxHoldMs }),
    ...(steal && { steal }),
    ...(minHoldMs > 0 && { minHoldMs }),
  }
}

/**
 * Kinds of names: held by one owner at a time; by readers and writers; by three owners at most; taken by force now and
 * then; and several at once.
 */
export const ALL_KINDS: readonly string[] = [
  'solo-a',
  'solo-a',
  'solo-b',
  'mixed',
  'mixed',
  'places',
  'places',
  'stolen',
  'several',
]
export const PLAIN_KINDS: readonly string[] = ['solo-a', 'solo-b', 'mixed', 'places']

export const exclusiveKinds: readonly string[] = ['solo-a', 'solo-b', 'stolen', 'several']
export const sharedKinds: readonly string[] = ['mixed', 'places']

export function nameArgument({ names }: Draw): string | readonly string[] {
  return names.length === 1 ? (names[0] ?? '') : names
}

/** Acquires. Answers `null` when no lease was granted. */
export async function acquire(tools: Tools, drawn: Draw): Promise<Held | null> {
  const { locks } = tools
  return ask(tools, drawn, async () => (await locks.acquire?.(nameArgument(drawn), drawn.options)) ?? null)
}
