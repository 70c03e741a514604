import { type LockBackend, memoryBackend, memoryStore } from '@holdfast/core'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../core/test/models/mixed-kinds/history.js'
import { memoryStage } from '../../core/test/models/mixed-kinds/memory.js'
import { play } from '../../core/test/models/mixed-kinds/play.js'
import { someHistoryFails } from '../../core/test/models/mixed-kinds/property.js'
import { someCrowdFails, visited } from '../../core/test/models/mixed-kinds/crowd.js'
import { virtualClock } from '../src/index.js'
import { exclusionMutants } from './mutants/exclusion.js'
import { expiryMutants } from './mutants/expiry.js'
import { fenceMutants } from './mutants/fences.js'
import { lineGrantMutants } from './mutants/line-grants.js'
import { lineMutants } from './mutants/line.js'
import { modeChangeMutants } from './mutants/mode-changes.js'
import type { Mutant } from './mutants/mutant.js'
import { rememberingMutants } from './mutants/remembering.js'
import { sharedMutants } from './mutants/shared.js'
import { verbMutants } from './mutants/verbs.js'

const SEED = 1

/** The mutants that a history of one name, one call after the other, does not show. */
const beyond = new Set([
  'has one lock for all names',
  'counts everybody who waits for anything as ahead',
  'knows no ttl below 50 ms',
  'overflows at 2^30 ms and ends the lease at once',
  'cuts long leases to an hour',
  'changes only the first of several leases',
  'changes all of several leases, if one is to be',
  'answers for those that come to be shared behind all others',
  'forgets the other leases when one comes to be shared',
  // The history has no listener for turns, and no reader that asks to write.
  'tells nobody when an owner comes to share',
  'makes the only reader a writer when it claims again as one',
  // A store may answer a validMs that is too short.
  'answers validMs in seconds',
])

const within = [
  ...exclusionMutants,
  ...rememberingMutants,
  ...expiryMutants,
  ...verbMutants,
  ...fenceMutants,
  ...lineMutants,
  ...lineGrantMutants,
  ...sharedMutants,
  ...modeChangeMutants,
].filter(({ wrong }) => !beyond.has(wrong))

describe('the model rejects wrong backends', () => {
  const playOn =
    ({ wrapFor }: Mutant) =>
    async (history: readonly Command[]): Promise<void> => {
      const kit = { clock: virtualClock(1_000_000), store: memoryStore(), oddities: new Set<string>() }
      const wrap = wrapFor(kit)
      const backend = (index: number): LockBackend => wrap(memoryBackend(kit), index)
      await play(history, memoryStage(kit.clock, kit.store, [backend(0), backend(1)]))
    }

  it.each(within.map((mutant) => [mutant.wrong, mutant] as const))('one that %s', async (_, mutant) => {
    expect(await someHistoryFails(playOn(mutant), { runs: 1_000, seed: SEED })).toBe(true)
  })
})

describe('what holders believe shows wrong backends', () => {
  it.each([
    'tells a claim that keeps a place in line that it is granted',
    'frees the name when it refuses a claim',
    'frees the name on any release and answers "not-held" to strangers',
    'ends leases after half of their ttl',
    'admits an exclusive claim beside shared holders',
    'forgets all shared holders when one releases',
    'admits a shared claim beside an exclusive holder',
    'lets shared claims replace an exclusive holder',
    'ignores the limit',
    'admits one more than the limit',
    'keeps the limit of the first holder',
    'only counts shared holders: any release takes one away',
    'forgets the limit of those who wait',
  ])('one that %s', async (wrong) => {
    const { wrapFor } = within.find((mutant) => mutant.wrong === wrong) ?? expect.unreachable()
    const visit = async (visits: Parameters<typeof visited>[0]): Promise<void> => void (await visited(visits, wrapFor))
    expect(await someCrowdFails(visit, { runs: 200, seed: SEED })).toBe(true)
  })
})
