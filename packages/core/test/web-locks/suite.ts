import { describe, test } from 'vitest'
import { webLocksCases } from './cases/index.js'
import { expectSameAsModel } from './random.js'
import { type OpenOrigin, limitOfMs, runCase } from './world.js'

/** The limit of a wait in a case. */
const LIMIT_MS = 20_000
/** A ttl whose renewal comes after the limit: the loss of a stolen lock has to be noticed without a renewal. */
export const LASTING_MS = 120_000
const TEST_MS = 60_000
/** The limit of a wait in a history, which is long. */
const HISTORY_MS = 60_000

export interface SuiteOptions {
  readonly histories: number
  /** Whether waiters, also those on several names, are notified in the order in which they were let in. */
  readonly isOrdered: boolean
}

/** The whole suite and random histories, for an implementation over a real store, in real time. */
export function testWebLocks(open: () => Promise<OpenOrigin>, { histories, isOrdered }: SuiteOptions): void {
  const newLimit = () => limitOfMs(LIMIT_MS)

  test.each(webLocksCases.filter(({ needsOrder = false }) => isOrdered || !needsOrder))(
    '$id: $title',
    { timeout: TEST_MS },
    (one) => runCase(one, open, newLimit),
  )

  describe('random histories', () => {
    test('have the same events as in the specification', { timeout: 4 * TEST_MS }, () =>
      expectSameAsModel(open, () => limitOfMs(HISTORY_MS), {
        numRuns: histories,
        isOrdered,
        interruptAfterTimeLimit: 2 * TEST_MS,
      }),
    )
  })
}
