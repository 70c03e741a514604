import type { Reporter, TestModule, TestSuite } from 'vitest/node'

const SUITE = 'conformance of '

interface Row {
  readonly target: string
  readonly passed: number
  readonly failed: number
  /** How many were skipped for each reason. */
  readonly skipped: ReadonlyMap<string, number>
}

/** Prints one table: on which clients, topologies and servers the suite ran, and what was skipped why. */
export class Matrix implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .flatMap((module) => [...module.children.allSuites()])
      .filter(({ name }) => name.startsWith(SUITE))
      .map(rowOf)
      .toSorted((one, other) => one.target.localeCompare(other.target))
    if (rows.length === 0) return
    const reasons = [...new Set(rows.flatMap(({ skipped }) => [...skipped.keys()]))]
    const width = Math.max(...rows.map(({ target }) => target.length))
    const lines = rows.map(({ target, passed, failed, skipped }) => {
      const why = [...skipped].map(([reason, count]) => `${count} (${letterOf(reasons.indexOf(reason))})`)
      return `${target.padEnd(width)}  ${cell(passed)}  ${cell(failed)}  ${why.join(' + ') || '0'}`
    })
    const legend = reasons.map((reason, index) => `(${letterOf(index)}) ${reason}`)
    const head = `${'conformance suite over'.padEnd(width)}  ${'passed'.padStart(6)}  ${'failed'.padStart(6)}  skipped`
    process.stdout.write(['', head, ...lines, ...legend, ''].join('\n'))
  }
}

function rowOf(suite: TestSuite): Row {
  const skipped = new Map<string, number>()
  let passed = 0
  let failed = 0
  for (const test of suite.children.allTests()) {
    const result = test.result()
    if (result.state === 'passed') passed += 1
    else if (result.state === 'skipped') {
      const reason = result.note ?? 'no reason given'
      skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
    } else failed += 1
  }
  return { target: suite.name.slice(SUITE.length), passed, failed, skipped }
}

const cell = (count: number): string => `${count}`.padStart(6)
const letterOf = (index: number): string => (index + 10).toString(36)
