import { join } from 'node:path'
import ts from 'typescript-6'
import { describe, expect, test } from 'vitest'
import { filesBelow, read, readJson, root } from '../workspace.js'
import { contractRows } from './contract-rows.js'

const DOCUMENT = 'docs/migrating.md'

/** `<system>: <call>` of each row of a table whose header is `| <system> | here |`. */
const rows = tablesOf(read(DOCUMENT)).flatMap(([header = [], , ...body]) => {
  const [system = '', here] = header
  return here === 'here' ? body.map(([theirs = '']) => `${system}: ${theirs.replaceAll('`', '')}`) : []
})

const files = filesBelow('test/migrating').filter(
  (file) => file.endsWith('.test.ts') && !file.endsWith('/rows.test.ts'),
)
const tests = files.flatMap((file) => testsOf(file).map((each) => ({ file, ...each })))
const titles = tests.map(({ title }) => title)

const without = (these: readonly string[], those: readonly string[]): string[] =>
  these.filter((each) => !those.includes(each))
const twice = (all: readonly string[]): string[] => all.filter((each, index) => all.indexOf(each) !== index)

describe('docs/migrating.md and test/migrating', () => {
  test('have the same rows: each is a test named after the system and the call', () => {
    expect(rows.length).toBeGreaterThan(100)
    expect(without(rows, titles)).toEqual([])
    expect(without(titles, rows)).toEqual([])
    expect([...twice(rows), ...twice(titles)]).toEqual([])
  })

  test('leave none out: no test is skipped, and each title is written out', () => {
    expect(tests.filter(({ plain }) => !plain)).toEqual([])
  })

  test('agree on where: the tests of a system are in files named after it', () => {
    const strays = tests.filter(({ file, title }) => {
      const [system = ''] = title.split(': ')
      const name = system.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
      return !new RegExp(`/${name}(\\.\\w+)?\\.test\\.ts$`).test(file)
    })
    expect(strays).toEqual([])
  })

  test('speak of the versions that are installed, which are those of the benchmarks', () => {
    const [ours, theirs] = ['package.json', 'benchmarks/package.json'].map(versionsOf)
    const document = read(DOCUMENT)
    for (const peer of ['redlock', 'redis-semaphore', '@verrou/core', 'async-mutex']) {
      expect(document.includes(`${peer} ${ours?.[peer]}`), peer).toBe(true)
      expect(theirs?.[peer] ?? ours?.[peer]).toBe(ours?.[peer])
    }
  })
})

describe('the table of the systems that are replaced', () => {
  test.each(contractRows)('is covered: $theirs', (row) => {
    expect(without(row.rows, rows)).toEqual([])
    expect(without(row.rows, titles)).toEqual([])
    const calls = [...row.theirs.matchAll(/`([^`]+)`/g)].map(([, call = '']) => call)
    expect(calls.filter((call) => !row.rows.some((each) => each.includes(call)))).toEqual([])
  })
})

function versionsOf(manifest: string): Record<string, string> {
  return readJson<{ devDependencies: Record<string, string> }>(join(root, manifest)).devDependencies
}

/** The tables of a document, as rows of cells. */
function tablesOf(document: string): string[][][] {
  const blocks = document.match(/(?:^\|.*\|$\n?)+/gm) ?? []
  return blocks.map((block) =>
    block
      .trimEnd()
      .split('\n')
      .map((line) =>
        line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      ),
  )
}

/** The tests of a file. `plain` is false for `test.skip` and its like, and for titles that are computed. */
function testsOf(file: string): { title: string; plain: boolean }[] {
  const found: { title: string; plain: boolean }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(test|it)\b/.test(node.expression.getText())) {
      const [title] = node.arguments
      const literal = title !== undefined && ts.isStringLiteralLike(title)
      const plain = literal && ['test', 'test.concurrent'].includes(node.expression.getText())
      found.push({ title: literal ? title.text : node.getText().slice(0, 60), plain })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true))
  return found
}
