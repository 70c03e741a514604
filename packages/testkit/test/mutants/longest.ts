import { claiming, endingAt, type Mutant, mutant } from './mutant.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Backends that cut times of hours and days. */
export const longestMutants: readonly Mutant[] = [
  mutant('lets no lease last for more than 30 days after its grant', 'extension/for-months', (kit) => {
    const since = new Map<string, number>()
    return (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const outcome = await inner.acquire(claim)
        if (outcome.acquired && !since.has(claim.owner)) since.set(claim.owner, kit.clock.now())
        return outcome
      },
      extend: async (claims) => {
        const outcomes = await inner.extend(claims)
        for (const { name } of claims)
          endingAt(kit, name, (old, owner) => Math.min(old, (since.get(owner) ?? Infinity) + 30 * DAY_MS))
        return outcomes
      },
    })
  }),
  ...[
    ['keeps a name for a day at most', (keepMs: number) => Math.min(keepMs, DAY_MS)] as const,
    ['overflows at a keepMs of 2^31 − 1, and keeps nothing', (ms: number) => (ms >= 2 ** 31 - 1 ? 1 : ms)] as const,
  ].map(([wrong, cut]) =>
    mutant(wrong, 'release/keeps-longest', () => (inner) => ({
      ...inner,
      release: ({ keepMs, ...ownership }) =>
        inner.release(keepMs === undefined ? ownership : { ...ownership, keepMs: cut(keepMs) }),
    })),
  ),
  ...[
    ['keeps a place in line for an hour at most', (lineMs: number) => Math.min(lineMs, HOUR_MS)] as const,
    ['overflows at a lineMs of 2^31 − 1, and keeps no place', (ms: number) => (ms >= 2 ** 31 - 1 ? 1 : ms)] as const,
  ].map(([wrong, cut]) =>
    mutant(
      wrong,
      'line/longest-place',
      claiming((claim) => (claim.lineMs === undefined ? claim : { ...claim, lineMs: cut(claim.lineMs) })),
    ),
  ),
]
