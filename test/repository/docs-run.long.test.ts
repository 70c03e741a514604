import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { renderReport, runConformance } from '@holdfast/testkit'
import { connectRaw, type RedisHandle, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, describe, expect, test } from 'vitest'
import { blocksOf, expectedOutput } from './docs/blocks.js'
import { aclRule, GUIDE, withCode } from './docs/documents.js'
import { createModules } from './docs/modules.js'
import { runModule, runNode } from './docs/run.js'
import { root } from '../workspace.js'

const blocks = withCode.flatMap(blocksOf)
const modules = createModules(blocks)
afterAll(() => modules[Symbol.dispose]())

describe('the code of the documentation', () => {
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

describe('the ACL of docs/redis.md', () => {
  const [user = '', password = ''] = /^ACL SETUSER (\S+) .*>(\S+)/.exec(aclRule)?.slice(1) ?? []
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
    expect(await raw.command(...aclRule.split(' '))).toBe('OK')
    const handle = (): Promise<RedisHandle> => open(server.port)
    const target = redisTarget({ name, server, prefix: 'lock:', handles: [handle, handle] })
    const report = await runConformance(target, { concurrency: 32 })
    expect(report.failed.length, renderReport(report)).toBe(0)
    expect(report.passed.length).toBeGreaterThan(100)
    const log = String(await raw.command('ACL', 'LOG'))
    expect(log).toBe('')
  })
})
