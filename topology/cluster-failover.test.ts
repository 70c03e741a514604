import { isLockError, type Turn } from '@holdfast/core'
import { type RedisCluster, startRedisCluster } from '@holdfast/testkit/redis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually, timed } from '../test/support/eventually.js'
import { ownTime, paced } from '../test/support/pace.js'
import { ofCluster, open } from './support/clients.js'
import { nameIn, on } from './support/servers.js'
import { guarded, takeTurn } from './support/turns.js'

const TTL_MS = 2_000
/** From the crash of a master until its replica serves: seen after a second, elected within two. */
const FAILOVER_MS = 4_000
const SLACK_MS = 8_000
const [one, other] = [0, 1]

let cluster: RedisCluster
beforeEach(async () => void (cluster = await startRedisCluster()))
afterEach(() => cluster.stop())

describe.each([one, other])('client %d', (which) => {
  const client = (): ReturnType<typeof ofCluster>[number] => {
    const found = ofCluster(cluster)[which]
    if (found === undefined) throw new Error('two clients are needed')
    return found
  }

  test('the master is killed while twenty contend: all settle, no write of a former holder is accepted', async () => {
    const name = nameIn(6_000)
    const users = await Promise.all(Array.from({ length: 4 }, () => open(client(), { ttlMs: TTL_MS })))
    const resource = guarded()
    // The master is looked up before: while the nodes are asked, all waiters could have had their turns.
    const master = await cluster.masterOf(6_000)
    const started = ownTime()
    const turns = users.flatMap(({ locks }) => Array.from({ length: 5 }, () => takeTurn(locks, name, resource, 40_000)))
    await eventually(() => expect(resource.accepted.length).toBeGreaterThan(4))
    await master.kill()
    const seen = resource.accepted.length
    const { error, ms: recovery } = await timed(
      eventually(() => expect(resource.accepted.length).toBeGreaterThan(seen)),
    )
    expect(error).toBeUndefined()
    const holds = await Promise.all(turns)
    expect(holds.length).toBe(20)
    expect(recovery).toBeLessThan(FAILOVER_MS + TTL_MS + SLACK_MS)
    expect(resource.accepted).toEqual(resource.accepted.toSorted((a, b) => a - b))
    expect(ownTime() - started).toBeLessThan(40_000)
    for (const each of users) await each[Symbol.asyncDispose]()
  })

  test('the master is killed while a lease is held: it is renewed at the replica, or lost by its deadline', async () => {
    const name = nameIn(7_000)
    const ttlMs = 15_000
    let renewed = 0
    await using user = await open(client(), { ttlMs, observer: { renewed: () => void (renewed += 1) } })
    const lease = await user.locks.acquire(name)
    const master = await cluster.masterOf(7_000)
    // The whole of its ttl is left when the master is killed.
    await lease.extend()
    // The lease is replicated, as it would be but for the last moment before a crash.
    await on(master, 'WAIT', '1', '5000')
    await eventually(() => on(master, 'INFO', 'replication').then((info) => expect(info).toContain('lag=0')))
    await master.kill()
    await cluster.masterOf(7_000)
    const already = renewed
    await eventually(() => expect(renewed).toBeGreaterThan(already), 30_000)
    expect(lease.held).toBe(true)
    expect(await lease.release()).toBe('released')
  })

  test('the nodes that carry notifications are killed: turns arrive again', async () => {
    await using user = await open(client())
    await using holder = await open(client())
    const turns: Turn[] = []
    const end = await user.backend.watch?.((turn) => void turns.push(turn))
    const listening = await Promise.all(
      cluster.nodes.map(async (node) => ({ node, channels: String(await on(node, 'PUBSUB', 'CHANNELS')) })),
    )
    const [where] = listening.filter(({ channels }) => channels.includes('lock:turn:'))
    if (where === undefined) throw new Error('nobody listens')
    await where.node.kill()
    await cluster.settled()
    const already = turns.length
    let round = 0
    await eventually(async () => {
      const name = `listen-${(round += 1)}`
      const owner = 'waiter~1'
      const claim = { name, ttlMs: 60_000, mode: 'exclusive', limit: 1 } as const
      await holder.backend.acquire({ ...claim, owner: 'holder~1' })
      await user.backend.acquire({ ...claim, owner, lineMs: 60_000 })
      await holder.backend.release({ name, owner: 'holder~1' })
      await new Promise((resolve) => setTimeout(resolve, 100))
      // A turn of an earlier round will do: it may be late.
      expect(turns.slice(already)).toContainEqual(expect.objectContaining({ type: 'turn', owner }))
    }, 30_000)
    await end?.()
  })

  test('a cluster that is down refuses, and serves again when it is whole', async () => {
    const name = nameIn(8_000)
    await using user = await open(client(), { ttlMs: TTL_MS })
    const master = await cluster.masterOf(8_000)
    const replicas = await cluster.replicasOf(8_000)
    await Promise.all([master, ...replicas].map((node) => node.kill()))
    const { error, ms } = await timed(user.locks.acquire(name, { waitMs: 2_500 }))
    expect(isLockError(error), String(error)).toBe(true)
    expect(ms).toBeLessThan(2_500 + TTL_MS + SLACK_MS)
    const waiting = user.locks.acquire(name, { waitMs: paced(40_000) })
    await Promise.all([master, ...replicas].map((node) => node.restart()))
    const lease = await waiting
    expect(await lease.release()).toBe('released')
  })
})
