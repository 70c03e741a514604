import { after, before, describe, it } from 'node:test'
import { conformanceCases } from './cases/index.js'
import { checkConformanceOptions } from './suite/arguments.js'
import type { ConformanceOptions } from './suite/run.js'
import { openSession, type Session } from './suite/session.js'
import type { ConformanceTarget } from './suite/target.js'

/** Registers the suite with `node:test`, one test per case. Skips show their reason. */
export function testConformance(target: ConformanceTarget, options: ConformanceOptions = {}): void {
  checkConformanceOptions('testConformance', options)
  const { cases = conformanceCases, concurrency = 8 } = options
  void describe(`conformance of ${target.name}`, { concurrency: target.clock === undefined ? concurrency : 1 }, () => {
    let session: Session | undefined
    before(async () => {
      session = await openSession(target, options)
    })
    after(async () => {
      const failed = await session?.close()
      if (failed) throw failed.error
    })

    for (const one of cases) {
      void it(`${one.id}: ${one.title}`, async (test) => {
        const result = await session?.run(one)
        if (result?.status === 'skipped') test.skip(result.reason)
        if (result?.status === 'failed') throw result.error
      })
    }
  })
}
