import { defineConfig } from 'vitest/config'
import { realTime } from '../../test/support/paced.js'

export default defineConfig({
  test: {
    ...realTime,

    // The suite and the faults wait in real time: side by side, and with bounds that a busy machine keeps.
    maxConcurrency: 32,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
