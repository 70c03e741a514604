import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import type { Claim, LockBackend } from '@holdfast/core'
import { connectRaw, type RawClient, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually } from '../../support/eventually.js'
import { listed } from '../../support/listed.js'
import { scriptRuns } from '../../support/script-commands.js'

const claim = (name: string, over: Partial<Claim> = {}): Claim => ({
  name,
  owner: `label~${name}`,
  ttlMs: 60_000,
  mode: 'exclusive',
  limit: 1,
  ...over,
})

const namesOf = async (backend: LockBackend): Promise<readonly string[]> =>
  (await listed(backend)).map(({ name }) => name).toSorted()

async function counter(raw: RawClient, section: string, pattern: RegExp): Promise<number> {
  const info = String(await raw.command('INFO', section))
  return Number(pattern.exec(info)?.[1] ?? 0)
}

describe.concurrent.each(clients)('a listing by $name', (client) => {
  test('over many pages shows each name once, and nothing that is none, and writes nothing', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    const { backend, end } = await client.connect(server.port)
    const names = Array.from({ length: 2_500 }, (_, i) => `name-${i}`)
    await Promise.all(names.map((name) => backend.acquire(claim(name))))
    await backend.acquire(claim('name-0', { owner: 'waiting', lineMs: 60_000 }))
    for (let i = 0; i < 3_000; i++) await raw.command('SET', `other:${i}`, 'x')
    await raw.command('RPUSH', 'lock:a list', 'x')
    await raw.command('RPUSH', '{lock:a list}:l', 'x')
    await raw.command('SET', 'lock:', 'x')
    await raw.command('SET', `lock:${'x'.repeat(1_025)}`, 'x')
    const changes = await counter(raw, 'persistence', /rdb_changes_since_last_save:(\d+)/)
    expect(await namesOf(backend)).toEqual(names.toSorted())
    expect(await counter(raw, 'persistence', /rdb_changes_since_last_save:(\d+)/)).toBe(changes)
    expect(await counter(raw, 'commandstats', /cmdstat_keys:calls=(\d+)/)).toBe(0)
    end()
  })

  test('that is aborted ends with the reason, and asks no further', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    const { backend, end } = await client.connect(server.port)
    await Promise.all(Array.from({ length: 200 }, (_, i) => backend.acquire(claim(`${i}`))))
    const runs = await scriptRuns(raw)
    const controller = new AbortController()
    const reason = new Error('enough')
    const seen: string[] = []
    const listing = async (): Promise<void> => {
      for await (const { name } of backend.list?.({ signal: controller.signal }) ?? []) {
        seen.push(name)
        controller.abort(reason)
      }
    }
    await expect(listing()).rejects.toBe(reason)
    expect(seen.length).toBeLessThan(32)
    expect((await scriptRuns(raw)) - runs).toBeLessThan(40)
    end()
  })

  test('without the right to scan is refused for good', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    const credentials = { username: 'deaf', password: 'a password' }
    await raw.command('ACL', 'SETUSER', 'deaf', 'on', '>a password', '~*', '&*', '+@all', '-scan')
    const { backend, end } = await client.connect(server.port, undefined, credentials)
    await backend.acquire(claim('name'))
    await expect(listed(backend)).rejects.toMatchObject({ executed: 'no', retryable: false })
    end()
  })
})

test('a name that is held or waited for all the time is listed, though its lease ends during the listing', async () => {
  await using server = await startRedis({ own: true })
  const client = new Redis(server.port)
  const inner = ioredisBackend(client)
  await inner.acquire(claim('name'))
  const slow = new Redis(server.port)
  const scan = slow.scan.bind(slow) as (...args: unknown[]) => Promise<unknown>
  // Between the first look at the lines and the look at the locks, a waiter lines up and the lease ends.
  const between = async (...args: unknown[]): Promise<unknown> => {
    if (String(args[2]).startsWith('lock')) {
      await inner.acquire(claim('name', { owner: 'b', lineMs: 60_000 }))
      await client.pexpire('lock:name', 1)
      await eventually(async () => expect(await client.exists('lock:name')).toBe(0))
    }
    return scan(...args)
  }
  Object.assign(slow, { scan: between })
  expect(await namesOf(ioredisBackend(slow))).toEqual(['name'])
  for (const redis of [client, slow]) redis.disconnect()
})

/** The same test over each client that can put a keyPrefix before keys. */
const withKeyPrefix: readonly (readonly [
  string,
  (port: number, keyPrefix: string) => Promise<readonly [LockBackend, () => void]>,
])[] = [
  [
    'ioredis',
    async (port, keyPrefix) => {
      const client = new Redis(port, { keyPrefix })
      return [ioredisBackend(client, { prefix: 'lock{x}:' }), () => client.disconnect()]
    },
  ],
  [
    'node-redis',
    async (port, keyPrefix) => {
      const client = createClient({ socket: { host: '127.0.0.1', port }, keyPrefix })
      await client.on('error', () => {}).connect()
      return [nodeRedisBackend(client, { prefix: 'lock{x}:' }), () => client.destroy()]
    },
  ],
]

test.each(withKeyPrefix)(
  'a listing by %s with a keyPrefix shows the names as they were given, and those of no other keyPrefix',
  async (_, connect) => {
    await using server = await startRedis({ own: true })
    const own = await Promise.all(['k[1]*:', 'k[1]*:more:', 'k'].map((keyPrefix) => connect(server.port, keyPrefix)))
    for (const [i, [backend]] of own.entries()) {
      for (const name of ['a', '{b}', `only-${i}`]) {
        await backend.acquire(claim(name))
        await backend.acquire(claim(name, { owner: 'b', lineMs: 60_000 }))
      }
    }
    for (const [i, [backend, end]] of own.entries()) {
      const seen = await listed(backend)
      expect(seen.map(({ name }) => name).toSorted()).toEqual(['a', `only-${i}`, '{b}'])
      expect(seen.every(({ line }) => line?.length === 1)).toBe(true)
      end()
    }
  },
)
