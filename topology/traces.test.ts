import { type RedisServer, startRedisCluster, startSentinel } from '@holdfast/testkit/redis'
import { afterAll, expect, test } from 'vitest'
import { eventually } from '../test/support/eventually.js'
import { ofCluster, ofSentinel, open } from './support/clients.js'
import { nameIn, on } from './support/servers.js'

const [cluster, sentinel] = await Promise.all([startRedisCluster(), startSentinel()])
afterAll(async () => void (await Promise.all([cluster.stop(), sentinel.stop()])))

/** The number of connections of clients on all of these servers. Connections between the servers are not counted. */
async function connectionsOf(servers: readonly RedisServer[]): Promise<number> {
  const lists = await Promise.all(servers.map((server) => on(server, 'CLIENT', 'LIST')))
  const lines = lists.flatMap((list) => String(list).split('\n').filter(Boolean))
  // S, M: of replication; x: of this command itself. Sentinels have names that begin with `sentinel-`.
  return lines.filter((line) => !/flags=\S*[SM]/.test(line) && !/name=sentinel-/.test(line) && !/cmd=client/.test(line))
    .length
}

async function channelsOf(servers: readonly RedisServer[]): Promise<readonly unknown[]> {
  const lists = await Promise.all(servers.map((server) => on(server, 'PUBSUB', 'CHANNELS', 'lock:turn:*')))
  return lists.flatMap((list): readonly unknown[] => (Array.isArray(list) ? (list as readonly unknown[]) : []))
}

/** The channels on which a backend is notified of turns; beside them there is one channel for all, for losses. */
async function inboxesOf(servers: readonly RedisServer[]): Promise<readonly unknown[]> {
  return (await channelsOf(servers)).filter((channel) => channel !== 'lock:turn:lost')
}

const places = [
  ...ofCluster(cluster).map((client) => ({ client, nodes: cluster.nodes, all: cluster.nodes })),
  ...ofSentinel(sentinel).map((client) => ({
    client,
    nodes: sentinel.nodes,
    all: [...sentinel.nodes, ...sentinel.sentinels],
  })),
]

test.each(places)('$client.name leaves no channel, key or connection behind', async ({ client, nodes, all }) => {
  const before = await connectionsOf(all)
  const one = await open(client)
  const other = await open(client)
  const name = nameIn(9_000)
  const lease = await one.locks.acquire(name)
  const waiting = other.locks.acquire(name)
  await eventually(async () => expect(await inboxesOf(nodes)).toHaveLength(1))
  await eventually(async () => expect((await one.locks.inspect(name))?.waiting).toBe(1))
  await lease.release()
  expect(await (await waiting).release()).toBe('released')
  await other.locks.close()
  await eventually(async () => expect(await channelsOf(nodes)).toEqual([]))
  // The client is the user's, and goes on.
  expect(await other.backend.inspect(name)).toBeNull()
  for (const each of [one, other]) await each[Symbol.asyncDispose]()
  // The connections that started the servers may have been on their way out at the first count.
  await eventually(async () => expect(await connectionsOf(all)).toBeLessThanOrEqual(before))
})
