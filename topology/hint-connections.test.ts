import { createLocker, type LockBackend } from '@holdfast/core'
import { type RedisServer, startRedisCluster, startSentinel } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { eventually } from '../test/support/eventually.js'
import { type Client, ofCluster, ofSentinel, open } from './support/clients.js'
import { on } from './support/servers.js'

/** How many connections are subscribed to channels of Holdfast, on all of these servers that run. */
async function subscribedTo(servers: readonly RedisServer[]): Promise<number> {
  const counts = await Promise.all(
    servers.map(async (server) => {
      const reply = await on(server, 'PUBSUB', 'NUMSUB', 'lock:turn:lost').catch(() => null)
      return Array.isArray(reply) ? Number(reply[1]) : 0
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Whether hints are active, as the backend reports it. */
async function watch(backend: LockBackend): Promise<{ readonly standing: () => boolean; end(): Promise<void> }> {
  let standing = true
  const end = await backend.watch?.(
    () => {},
    (now) => void (standing = now),
  )
  return { standing: () => standing, end: async () => end?.() }
}

const [ioredis, nodeRedis] = [0, 1]
const nth = (clients: readonly Client[], which: number): Client => clients[which] ?? expect.unreachable()

describe.each([ioredis, nodeRedis])('the connection for notifications of client %d', (which) => {
  test('in a cluster is one, and moves to another node when its own is gone', async () => {
    await using cluster = await startRedisCluster()
    await using user = await open(nth(ofCluster(cluster), which))
    const { standing, end } = await watch(user.backend)
    expect(await subscribedTo(cluster.nodes)).toBe(1)
    const carriers = await Promise.all(cluster.nodes.map((node) => subscribedTo([node])))
    const carrier = cluster.nodes[carriers.indexOf(1)] ?? expect.unreachable()
    await carrier.kill()
    await eventually(async () => {
      expect(standing()).toBe(true)
      expect(await subscribedTo(cluster.nodes.filter((node) => node !== carrier))).toBe(1)
    }, 30_000)
    await end()
    await eventually(async () => expect(await subscribedTo(cluster.nodes)).toBe(0))
  })

  // Each test has sentinels of its own: after a failover, sentinels begin no second failover for a while.
  test.each([0, 300, 1_500])(
    'over Sentinel leaves nothing when it ends %d ms after the master was killed',
    async (ms) => {
      await using redis = await startSentinel()
      await using user = await open(nth(ofSentinel(redis), which))
      const { end } = await watch(user.backend)
      expect(await subscribedTo(redis.nodes)).toBe(1)
      const master = await redis.master()
      await master.kill()
      await new Promise((resolve) => setTimeout(resolve, ms))
      await end()
      await redis.master()
      await master.restart()
      await eventually(async () => expect(await subscribedTo(redis.nodes)).toBe(0))
    },
  )

  test('ends with a client that its owner closes, in a cluster and over Sentinel', async () => {
    await using cluster = await startRedisCluster()
    await using redis = await startSentinel()
    for (const [client, nodes] of [
      [nth(ofCluster(cluster), which), cluster.nodes],
      [nth(ofSentinel(redis), which), redis.nodes],
    ] as const) {
      const { backend, end } = await client.connect()
      const locks = createLocker({ backend })
      await watch(backend)
      expect(await subscribedTo(nodes)).toBe(1)
      await end()
      await eventually(async () => expect(await subscribedTo(nodes)).toBe(0))
      await locks.close()
    }
  }, 120_000)
})
