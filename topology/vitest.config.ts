import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { ClosingLine } from '../scripts/closing-line.ts'
import { Matrix } from '../test/support/matrix.ts'
import { realTime } from '../test/support/paced.ts'

// A stage of CI: `npx vitest run --config topology/vitest.config.ts`, after `npm run build`.
export default defineConfig({
  test: {
    ...realTime,
    name: 'topology',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // Each file has servers of its own, up to six processes; most of its time is waiting for them.
    maxWorkers: 2,
    maxConcurrency: 12,
    testTimeout: 60_000,
    hookTimeout: 240_000,
    setupFiles: [join(import.meta.dirname, '../test/support/unhandled.ts')],
    reporters: ['default', new Matrix(), new ClosingLine()],
  },
})
