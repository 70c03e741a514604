import { afterAll, beforeAll, describe, it } from 'vitest'
import { conformanceCases } from './cases/index.js'
import { checkConformanceOptions } from './suite/arguments.js'
import type { ConformanceOptions } from './suite/run.js'
import { openSession, type Session } from './suite/session.js'
import type { ConformanceTarget } from './suite/target.js'
import { LONGEST_CASE_MS } from './suite/limits.js'

/**
 * Registers the suite with vitest, one test per case. Skips show their reason.
 *
 * In real time the cases run concurrently, as many at once as vitest's `maxConcurrency` allows.
 */
export function testConformance(target: ConformanceTarget, options: ConformanceOptions = {}): void {
  checkConformanceOptions('testConformance', options)
  const { cases = conformanceCases } = options
  const test = target.clock === undefined ? it.concurrent : it
  describe(`conformance of ${target.name}`, () => {
    let session: Session | undefined
    beforeAll(async () => {
      session = await openSession(target, options)
    }, 60_000)
    afterAll(async () => {
      const failed = await session?.close()
      if (failed) throw failed.error
    })

    for (const one of cases) {
      // The session limits each case itself and names the case in doing so: this limit is beyond its own.
      test(`${one.id}: ${one.title}`, { timeout: 2 * LONGEST_CASE_MS }, async ({ skip }) => {
        const result = await session?.run(one)
        if (result?.status === 'skipped') skip(result.reason)
        if (result?.status === 'failed') throw result.error
      })
    }
  })
}
