import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { conformanceCases, renderReport, runConformance } from '@holdfast/testkit'
import { connectRaw, type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, describe, expect, test } from 'vitest'
import { blocksOf, expectedOutput, isCode } from './docs/blocks.js'
import { brokenLinks, codeOf, missingFiles } from './docs/mentions.js'
import { createModules } from './docs/modules.js'
import { runModule, runNode } from './docs/run.js'
import { filesBelow, packages, read, readJson, root } from './workspace.js'

// A type check and a process for each block: a busy machine needs a while.
// That each has one is a matter of house.test.ts.
const documented = packages.filter(({ path }) => existsSync(join(path, 'README.md')))
const decisions = filesBelow('docs/decisions')
const withCode = [
  'README.md',
  'ARCHITECTURE.md',
  ...filesBelow('docs').filter((file) => file.endsWith('.md')),
  ...documented.map(({ folder }) => `packages/${folder}/README.md`),
]
const beside = ['examples', 'benchmarks']
  .flatMap(filesBelow)
  .filter((file) => file.endsWith('.md') && !file.includes('node_modules/'))
const documents = [...withCode, 'CONTRIBUTING.md', 'SECURITY.md', ...beside]

const blocks = withCode.flatMap(blocksOf)
const modules = createModules(blocks)
afterAll(() => modules[Symbol.dispose]())

describe('the code of the documentation', () => {
  test('has no type errors', () => {
    expect(blocks.filter(isCode).length).toBeGreaterThan(10)
    expect(modules.typeErrors()).toEqual([])
  })

  const toRun = blocks.filter(({ run }) => run)
  test.concurrent.each(toRun)('runs and prints what it says: $document, line $line', async (block) => {
    await using redis = await startRedis({ own: true })
    const { exitCode, stdout, stderr } = await runModule(await modules.compile(block, redis.url))
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout.trimEnd()).toBe(expectedOutput(block).join('\n'))
  })

  test.concurrent('shows a backend that passes the suite, by its command', async () => {
    const target = blocks.find(({ document, fileName }) => document === GUIDE && fileName === 'target.ts')
    if (target === undefined) throw new Error(`${GUIDE} has no target.ts`)
    const command = join(root, 'packages/testkit/dist/bin.js')
    const { exitCode, stdout, stderr } = await runNode([command, await modules.compile(target)])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^PASS: \d+ passed, 0 failed, \d+ skipped/m)
    expect(exitCode).toBe(0)
  })
})

const GUIDE = 'docs/write-a-backend.md'

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
  const rule = /^ACL SETUSER .*$/m.exec(read('docs/redis.md'))?.[0] ?? ''
  const permitted = new Set([...rule.matchAll(/ \+([\w|]+)/g)].map(([, command = '']) => command))
  /** Sent by the adapters, and by the clients themselves. */
  const ofClients = ['evalsha', 'eval', 'subscribe', 'scan', 'ping', 'info']

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

  const [user = '', password = ''] = /^ACL SETUSER (\S+) .*>(\S+)/.exec(rule)?.slice(1) ?? []
  const by: Record<string, (port: number) => Promise<RedisHandle>> = {
    ioredis: async (port) => {
      const client = new Redis({ port, username: user, password })
      return { backend: ioredisBackend(client), close: () => client.disconnect() }
    },
    'node-redis': async (port) => {
      const client = createClient({ socket: { port }, username: user, password })
      client.on('error', () => {})
      await client.connect()
      return { backend: nodeRedisBackend(client), close: () => client.destroy() }
    },
  }

  test.concurrent.each(Object.entries(by))('is enough for the whole suite, by %s', async (name, open) => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    expect(await raw.command(...rule.split(' '))).toBe('OK')
    const handle = (): Promise<RedisHandle> => open(server.port)
    const target = redisTarget({ name, server, prefix: 'lock:', handles: [handle, handle] })
    const report = await runConformance(target, { concurrency: 32 })
    expect(report.failed.length, renderReport(report)).toBe(0)
    expect(report.passed.length).toBeGreaterThan(100)
    const log = String(await raw.command('ACL', 'LOG'))
    expect(log).toBe('')
  })
})
