import { defineConfig } from 'vitest/config'
import { realTime } from './support/paced.ts'

export default defineConfig({
  test: {
    ...realTime,
    name: 'test',
    // Faults need real time, most of which is waiting: the tests run side by side.
    maxConcurrency: 16,
    setupFiles: ['./support/unhandled.ts'],
  },
})
