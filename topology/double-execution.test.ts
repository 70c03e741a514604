import { connectRaw, type RedisServer, startRedisCluster, startSentinel } from '@holdfast/testkit/redis'
import { type FaultProxy, startFaultProxy } from '@holdfast/testkit/faults'
import { afterAll, describe, expect, test } from 'vitest'
import { isAcquire, loadScripts } from '../test/support/script-commands.js'
import { type AddressMap, type Client, ofCluster, ofSentinel, open } from './support/clients.js'
import { nameIn, runsOf } from './support/servers.js'

const [cluster, sentinel] = await Promise.all([startRedisCluster(), startSentinel()])
afterAll(async () => void (await Promise.all([cluster.stop(), sentinel.stop()])))

// The store executes, the reply is lost, and the client or core asks again.

interface Behind extends AsyncDisposable {
  readonly proxyOf: (node: RedisServer) => FaultProxy
  readonly map: AddressMap
}

/** A proxy before each node, and the addresses by which clients reach the proxies. */
async function behindProxies(nodes: readonly RedisServer[]): Promise<Behind> {
  const proxies = new Map<RedisServer, FaultProxy>()
  for (const node of nodes) proxies.set(node, await startFaultProxy({ target: node }))
  const proxyOf = (node: RedisServer): FaultProxy => {
    const proxy = proxies.get(node)
    if (proxy === undefined) throw new Error('no proxy before this node')
    return proxy
  }
  const places = nodes.map((node) => [`${node.host}:${node.port}`, { host: '127.0.0.1', port: proxyOf(node).port }])
  return {
    proxyOf,
    map: Object.fromEntries(places) as AddressMap,
    [Symbol.asyncDispose]: async () => {
      for (const proxy of proxies.values()) await proxy.stop()
    },
  }
}

/** Loses the reply of the first acquire, and expects one grant that behaves as any other. */
async function expectOneGrant(client: Client, master: RedisServer, { proxyOf }: Behind, name: string): Promise<void> {
  await using raw = await connectRaw(master.port)
  await loadScripts(raw)
  await using user = await open(client, { ttlMs: 20_000 })
  await using other = await open(client)
  const before = await runsOf([master])
  const fault = proxyOf(master).loseReply({ match: isAcquire })
  const lease = await user.locks.acquire(name, { renew: false })
  expect(fault.fired).toBe(1)
  expect(await runsOf([master])).toBeGreaterThanOrEqual(before + 2)
  const seen = await user.backend.inspect(name)
  expect(seen?.holders).toMatchObject([{ owner: lease.owner, fence: lease.fence }])
  expect(await other.locks.tryAcquire(name)).toBeNull()
  expect(await lease.release()).toBe('released')
  const next = await other.locks.acquire(name)
  expect(next.fence).toBeGreaterThan(lease.fence ?? Infinity)
  expect(await next.release()).toBe('released')
}

const [ioredis, nodeRedis] = [0, 1]

describe.each([ioredis, nodeRedis])('client %d', (which) => {
  test('in a cluster: one grant, one fence', async () => {
    await using behind = await behindProxies(cluster.nodes)
    const client = ofCluster(cluster, behind.map)[which]
    if (client === undefined) throw new Error('no such client')
    await expectOneGrant(client, await cluster.masterOf(5_000), behind, nameIn(5_000))
  })

  test('over Sentinel: one grant, one fence', async () => {
    await using behind = await behindProxies(sentinel.nodes)
    const client = ofSentinel(sentinel, behind.map)[which]
    if (client === undefined) throw new Error('no such client')
    await expectOneGrant(client, await sentinel.master(), behind, 'name')
  })
})
