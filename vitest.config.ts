import { defineConfig } from 'vitest/config'
import { ClosingLine } from './scripts/closing-line.ts'
import { Matrix } from './test/support/matrix.ts'

export default defineConfig({
  test: {
    // `npm test` leaves out *.long.test.ts, which `npm run test:long` runs.
    // One run and one summary for the whole repository. A package's own settings, if it needs any, are in its own
    // vitest.config.ts, which serves `vitest run` in its folder as well.
    // A name without a dot is a folder: a file that is met here would be taken for a configuration.
    projects: ['{packages,examples}/+([!.])', '{benchmarks,test}'],
    // Most tests wait for servers and processes: more of them than there are processors can wait at once. Six were the
    // quickest on two processors.
    maxWorkers: 6,
    reporters: ['default', new Matrix(), new ClosingLine()],
  },
})
