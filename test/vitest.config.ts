import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'test',
    // Faults need real time, most of which is waiting: side by side, and with bounds that a busy machine keeps.
    maxConcurrency: 16,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    setupFiles: ['./support/unhandled.ts'],
  },
})
