import { describe, test } from 'vitest'
import { webLocksCases } from './cases/index.js'
import { expectSameAsModel } from './random.js'
import { type OpenOrigin, patientFor, runCase } from './world.js'

/** What takes longer than this will never come. A lease that lasts much longer is never found out by its renewal. */
const PATIENCE_MS = 20_000
/** A ttl for the lockers: that a lock was stolen has to be told, for the first renewal comes after the patience ends. */
export const LASTING_MS = 120_000
const TEST_MS = 60_000
/** A history is long. */
const HISTORY_MS = 60_000

export interface SuiteOptions {
  readonly histories: number
  /** Whether waiters on several names are notified in the order in which they were let in. */
  readonly isOrdered: boolean
}

/** The whole suite and random histories, for an implementation over a real store, in real time. */
export function testWebLocks(open: () => Promise<OpenOrigin>, { histories, isOrdered }: SuiteOptions): void {
  const patience = () => patientFor(PATIENCE_MS)

  test.each(webLocksCases)('$id: $title', { timeout: TEST_MS }, (one) => runCase(one, open, patience))

  describe('random histories', () => {
    test('are told as by the specification', { timeout: 4 * TEST_MS }, () =>
      expectSameAsModel(open, () => patientFor(HISTORY_MS), {
        numRuns: histories,
        isOrdered,
        interruptAfterTimeLimit: 2 * TEST_MS,
      }),
    )
  })
}
