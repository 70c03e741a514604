import type { Reporter, TestModule } from 'vitest/node'

/** How the note of a test begins that a busy machine did not let judge. */
export const NOT_JUDGED = 'not judged'

/**
 * Ends a run with `N passed, N failed` (and `, N skipped`) alone on the last line, in plain text.
 *
 * Whatever makes the run fail is counted as failed: a file that does not load, a hook that throws, an error outside any
 * test, a test that never finished.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const unjudged: string[] = []
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      count.failed += module.errors().length
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        count[result.state === 'pending' ? 'failed' : result.state] += 1
        if (result.state === 'skipped' && result.note?.startsWith(NOT_JUDGED)) {
          unjudged.push(`${test.fullName}: ${result.note}`)
        }
      }
    }
    // A run in which nothing was tested proves nothing.
    if (count.passed + count.failed === 0) process.exitCode = 1

    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    // Nobody would see the notes of skipped tests otherwise.
    process.stdout.write(unjudged.map((line) => `\n${line.replaceAll(/\s+/g, ' ')}`).join(''))
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`)
  }
}
