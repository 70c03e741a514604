import { type RunnerTestCase, type SerializedConfig, TestRunner } from 'vitest'
import { currentSlowdown, ownTime } from './pace.js'

const LIMIT_MS = 60_000
const LOOK_MS = 250

// The functions of the machine, whatever a test makes of the globals.
const { setInterval, clearInterval } = globalThis

/**
 * Ends a test that hangs, after its limit in {@link ownTime}: later on a busy machine, where everything takes long. A
 * test that states a longer timeout of its own keeps it.
 */
export default class PacedRunner extends TestRunner {
  constructor(config: SerializedConfig) {
    super({ ...config, testTimeout: 0 })
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const limitMs = Math.max(LIMIT_MS, Number.isFinite(test.timeout) ? test.timeout : 0)
    const end = ownTime() + limitMs
    let looking: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const look = (): void => {
        if (ownTime() < end) return
        const times = currentSlowdown().toFixed(1)
        reject(new Error(`the test did not end within ${limitMs} ms, on a machine ${times} times slower than alone`))
      }
      looking = setInterval(look, LOOK_MS).unref()
    })
    try {
      await Promise.race([TestRunner.getTestFn(test)(), late])
    } finally {
      clearInterval(looking)
    }
  }
}
