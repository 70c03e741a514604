import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends a run with `N passed, N failed` (and `, N skipped`) alone on the last line, in plain text.
 *
 * Whatever makes the run fail is counted as failed: a file that does not load, a hook that throws, an error outside any
 * test, a test that never finished.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      count.failed += module.errors().length
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state === 'pending' ? 'failed' : state] += 1
      }
    }
    // A run in which nothing was tested proves nothing.
    if (count.passed + count.failed === 0) process.exitCode = 1

    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`)
  }
}
