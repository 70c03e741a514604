import type { RunnerTestCase } from 'vitest'
import { NOT_JUDGED } from '../../scripts/closing-line.js'
import { busyness, watchPace } from './pace.js'
import PacedRunner from './paced-runner.js'

/** Tests of files and computed values: no machine is too busy for these. */
const TIMELESS = /(?:house|docs|browser|pace)\.test\.ts$/

/**
 * For tests with servers, processes and leases in real time. A failure on a machine that did not let the test go on is
 * no judgement: it is shown as skipped, with the measure and what failed. On a quiet machine every failure counts.
 */
export default class RealTimeRunner extends PacedRunner {
  override async runTask(test: RunnerTestCase): Promise<void> {
    const watched = watchPace()
    const failure = await super.runTask(test).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const busy = busyness(watched())
    if (failure === undefined) return
    if (isSkip(failure.error) || busy === undefined || TIMELESS.test(test.file.filepath)) throw failure.error
    test.context.skip(`${NOT_JUDGED}, the machine is ${busy}: ${String(failure.error)}`)
  }
}

/** Whether a test skipped itself, for a reason of its own. */
const isSkip = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'VITEST_PENDING'
