import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { conformanceCases } from '@holdfast/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { blocksOf, isCode } from './docs/blocks.js'
import { aclRule, decisions, documented, documents, GUIDE, withCode } from './docs/documents.js'
import { brokenLinks, codeOf, missingFiles } from './docs/mentions.js'
import { createModules } from './docs/modules.js'
import { filesBelow, packages, read, readJson, root } from '../workspace.js'

const blocks = withCode.flatMap(blocksOf)
const modules = createModules(blocks)
afterAll(() => modules[Symbol.dispose]())

describe('the code of the documentation', () => {
  test('has no type errors', () => {
    expect(blocks.filter(isCode).length).toBeGreaterThan(10)
    expect(modules.typeErrors()).toEqual([])
  })
})

describe('what the documentation names', () => {
  test.each(documents)('is there: links and files of %s', (document) => {
    expect(brokenLinks(document)).toEqual([])
    expect(missingFiles(document)).toEqual([])
  })

  test.each(documents)('is there: npm scripts and commands of %s', (document) => {
    const { scripts } = readJson<{ scripts: Record<string, string> }>(join(root, 'package.json'))
    const { bin } = readJson<{ bin: Record<string, string> }>(join(root, 'packages/testkit/package.json'))
    const text = read(document)
    const named = [...text.matchAll(/npm (?:run )?(?:--silent )?(test|(?<=run )[\w:-]+)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
    const commands = [...text.matchAll(/\bholdfast-[\w-]+(?= \.)/g)].map(([name]) => name)
    expect(commands.filter((name) => !(name in bin))).toEqual([])
  })

  test.each(documents)('is installable: packages of %s', (document) => {
    const clients = packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {}))
    const known = new Set([...packages.map(({ manifest }) => manifest.name), ...clients])
    const installed = [...read(document).matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, words = '']) =>
      words.trim().split(' '),
    )
    expect(installed.filter((word) => !word.startsWith('-') && !known.has(word))).toEqual([])
  })

  test('is a case of the suite, where it looks like one', () => {
    const ids = conformanceCases.map(({ id }) => id)
    const groups = new Set(ids.map((id) => id.split('/')[0]))
    const cited = codeOf('docs/guarantees.md').filter((code) => groups.has(code.split('/')[0]) && code.includes('/'))
    expect(cited.length).toBeGreaterThan(10)
    expect(cited.filter((id) => !ids.includes(id) && !id.endsWith('/*'))).toEqual([])
  })

  test('counts every case in the report that it shows', () => {
    const counts = /^FAIL: (\d+) passed, (\d+) failed, (\d+) skipped/m.exec(read(GUIDE))?.slice(1).map(Number) ?? []
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(conformanceCases.length)
  })

  test('is asked of assertHeld only as much as a lease that is renewed has at any time', () => {
    const files = [...documents, ...packages.flatMap(({ folder }) => filesBelow(`packages/${folder}/src`))]
    const asked = files.flatMap((file) =>
      [...read(file).matchAll(/\.assertHeld\(([\d_]+)\)/g)].map(([, ms = '']) => Number(ms.replace('_', ''))),
    )
    expect(asked.length).toBeGreaterThan(3)
    expect(Math.max(...asked)).toBeLessThanOrEqual(1_000)
  })

  test('includes every package and every decision', () => {
    const readme = read('README.md')
    expect(documented.filter(({ manifest }) => !readme.includes(manifest.name)).map(({ folder }) => folder)).toEqual([])
    expect(decisions.length).toBeGreaterThan(0)
    const architecture = read('ARCHITECTURE.md')
    expect(decisions.filter((file) => !architecture.includes(file))).toEqual([])
  })

  test('has the client versions of package.json', () => {
    for (const { folder, manifest } of documented) {
      if (!folder.startsWith('adapter-')) continue
      for (const range of Object.values(manifest.peerDependencies ?? {})) {
        expect(read(`packages/${folder}/README.md`)).toContain(`\`${range}\``)
      }
    }
  })
})

describe('the ACL of docs/redis.md', () => {
  test('is in the section that the message about missing rights names', () => {
    const [, section = ''] = read('docs/redis.md').split('\n## Commands and ACL\n')
    expect(section.split('\n## ')[0]).toContain(aclRule)
  })

  const permitted = new Set([...aclRule.matchAll(/ \+([\w|]+)/g)].map(([, command = '']) => command))
  /** Commands that the adapters send, and the clients themselves. */
  const ofClients = ['evalsha', 'eval', 'subscribe', 'scan', 'ping', 'info', 'select']

  test('permits every command that the scripts and the adapters use, and no other', () => {
    const folder = join(root, 'packages/core/src/redis/scripts')
    const scripts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
    const used = scripts.flatMap((script) =>
      [...script.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, name = '']) => name),
    )
    expect([...permitted].toSorted()).toEqual(
      [...new Set([...used.map((name) => name.toLowerCase()), ...ofClients])].toSorted(),
    )
  })
})
