import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRaw, startSentinel, type RedisSentinel, type RedisServer, type Reply } from '../src/redis/index.js'

let redis: RedisSentinel
beforeAll(async () => void (redis = await startSentinel()))
afterAll(() => redis?.stop())

const on = async ({ port }: RedisServer, ...words: readonly string[]): Promise<Reply> => {
  await using client = await connectRaw(port)
  return await client.command(...words)
}

test('a master with two replicas that three sentinels watch', async () => {
  await redis.settled()
  const master = await redis.master()
  expect([redis.nodes.length, redis.sentinels.length]).toEqual([3, 3])
  expect(new Set([master, ...(await redis.replicas())])).toEqual(new Set(redis.nodes))
  expect(await on(master, 'SET', 'k', 'v')).toBe('OK')
  for (const replica of await redis.replicas()) await expect(on(replica, 'SET', 'k', 'v')).rejects.toThrow('READONLY')
  for (const [index, { host, port }] of redis.addresses.entries()) {
    expect(port).toBe(redis.sentinels[index]?.port)
    const address = await on(redis.sentinels[index] ?? master, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', redis.name)
    expect(address).toEqual([host, `${master.port}`])
  }
})

test('the crash of the master makes a replica master, with its data', async () => {
  const crashed = await redis.master()
  await on(crashed, 'SET', 'kept', 'v')
  expect(await on(crashed, 'WAIT', '2', '5000')).toBe(2)
  await crashed.kill()
  const heir = await redis.master()
  expect(heir).not.toBe(crashed)
  expect(await on(heir, 'GET', 'kept')).toBe('v')
  await redis.settled()
  expect(await redis.replicas()).not.toContain(crashed)
})

test('a failover on demand answers the new master', async () => {
  const before = await redis.master()
  const after = await redis.failover()
  expect(after).not.toBe(before)
  expect(await redis.master()).toBe(after)
  expect(await on(after, 'SET', 'k', 'v')).toBe('OK')
})

test('what cannot start leaves nothing running', async () => {
  await expect(startSentinel({ args: ['--no-such-option', 'x'] })).rejects.toThrow('no-such-option')
})
