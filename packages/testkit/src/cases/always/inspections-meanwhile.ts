import type { Claim, Inspection } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectSame } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** How many names change at the same time, and how often. */
const NAMES = 8
const ROUNDS = 3
/** Ttls that differ by more than a case may take: what remains says of which of them it is the rest. */
const TTLS = [2 * LONG_MS, 4 * LONG_MS, 6 * LONG_MS]

/** A store that inspects in several steps may meet one lease in one step, and the next lease in another. */
export const inspectionsMeanwhile: readonly ConformanceCase[] = [
  {
    id: 'inspection/meanwhile',
    title: 'an inspection of a name that changes meanwhile shows owner, time and fence of one lease',
    run: async (world) => {
      const names = Array.from({ length: NAMES }, (_, index) => world.named(`/${index}`))
      await Promise.all(names.map((name) => inspectChanging(world, name)))
    },
  },
]

/** Inspects through one handle while the name passes from owner to owner through the other handle. */
async function inspectChanging({ a, b, claim }: World, name: string): Promise<void> {
  const leases = new Map<string, { readonly ttlMs: number; readonly fence: number | null }>()
  const seen: (Inspection | null)[] = []
  const take = async (over: Partial<Claim>): Promise<string> => {
    const mine = claim({ name, ttlMs: TTLS[leases.size % TTLS.length] ?? LONG_MS, ...over })
    const { fence } = await expectGranted(a, mine, 'the name is free, or taken by force')
    leases.set(mine.owner, { ttlMs: mine.ttlMs, fence })
    return mine.owner
  }
  const change = async (): Promise<void> => {
    for (let count = 0; count < 2; count++) await take({ steal: true })
    await a.evict(name)
    await a.release({ name, owner: await take({}) })
    await take({})
  }
  const inspect = async (): Promise<void> => {
    for (let count = 0; count < 2; count++) seen.push(await b.inspect(name))
  }
  for (let round = 0; round < ROUNDS; round++) await Promise.all([inspect(), change()])
  // An inspection may see a lease before the claim is answered.
  for (const inspection of seen) {
    for (const { owner, remainingMs, fence } of inspection?.holders ?? []) {
      const lease = leases.get(owner)
      const ttlMs = TTLS.find((ttl) => (remainingMs ?? 0) <= ttl)
      expectSame({ ttlMs, fence }, lease, `the lease of which an inspection shows the owner, ${owner}`)
    }
  }
}
