import { defineConfig } from 'vitest/config'
import { realTime } from '../../test/support/paced.js'

export default defineConfig({
  test: {
    ...realTime,

    // Faults need real time, most of which is waiting: side by side.
    maxConcurrency: 16,
  },
})
