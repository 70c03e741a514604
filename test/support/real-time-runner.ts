import type { RunnerTestCase } from 'vitest'
import { busyness, watchPace } from './pace.js'
import PacedRunner from './paced-runner.js'

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
    if (busy === undefined) throw failure.error
    test.context.skip(`not judged, the machine is ${busy}: ${String(failure.error)}`)
  }
}
