import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** The beginning of the note of a test that was not judged, because the machine was busy. */
export const NOT_JUDGED = 'not judged'

/**
 * Ends a run with `N passed, N failed` (and `, N skipped`) alone on the last line, in plain text. Where the environment
 * names a file, as `scripts/test.mjs` does, it gets the counts, and the tests that were not judged, for a second run.
 *
 * Every cause of a failed run is counted as failed: a file that does not load, a hook that throws, an error outside any
 * test, a test that never finished.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const unjudged: { file: string; name: string }[] = []
    const notes: string[] = []
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      count.failed += module.errors().length
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        count[result.state === 'pending' ? 'failed' : result.state] += 1
        if (result.state === 'skipped' && result.note?.startsWith(NOT_JUDGED)) {
          unjudged.push({ file: module.moduleId, name: patternNameOf(test) })
          notes.push(`${test.fullName}: ${result.note}`)
        }
      }
    }
    // A run without a test proves nothing.
    if (count.passed + count.failed + unjudged.length === 0) process.exitCode = 1

    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    // The notes of skipped tests are not shown otherwise.
    process.stdout.write(notes.map((line) => `\n${line.replaceAll(/\s+/g, ' ')}`).join(''))
    const file = process.env['HOLDFAST_RESULT']
    if (file !== undefined) return writeFileSync(file, JSON.stringify({ ...count, unjudged }))
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`)
  }
}

/** The name of a test after the names of its suites, as `--testNamePattern` sees it. */
function patternNameOf(test: TestCase): string {
  const names = [test.name]
  for (let { parent } = test; parent.type === 'suite'; { parent } = parent) names.unshift(parent.name)
  return names.join(' ')
}
