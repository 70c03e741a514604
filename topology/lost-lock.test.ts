import { isLockError } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { type RedisServer, startRedis, startSentinel } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { eventually } from '../test/support/eventually.js'
import { ofSentinel, open, standalone } from './support/clients.js'
import { on } from './support/servers.js'
import { guarded } from './support/turns.js'

// The limit of a lock on a store that replicates asynchronously, reproduced. The tests assert the real outcome, not a
// wish; docs/guarantees.md explains it.

const TTL_MS = 10_000

interface LaggingPair extends AsyncDisposable {
  readonly master: RedisServer
  readonly replica: RedisServer
  /** The master is gone for the others, and the replica takes its place without the last writes. */
  failover(): Promise<void>
}

/** A master whose replica gets no more data, as if the network between them were slow. */
async function laggingPair(): Promise<LaggingPair> {
  const prompt = ['--repl-diskless-sync-delay', '0']
  const master = await startRedis({ own: true, args: prompt })
  const between = await startFaultProxy({ target: master })
  const replica = await startRedis({ own: true, args: [...prompt, '--replicaof', `127.0.0.1 ${between.port}`] })
  await eventually(async () => expect(await on(replica, 'INFO', 'replication')).toContain('master_link_status:up'))
  between.blackhole()
  return {
    master,
    replica,
    failover: async () => {
      await master.pause()
      await on(replica, 'REPLICAOF', 'NO', 'ONE')
    },
    [Symbol.asyncDispose]: async () => {
      await between.stop()
      await master.stop()
      await replica.stop()
    },
  }
}

describe.concurrent('a lock lost by asynchronous replication', () => {
  test.each([0, 1])('has two holders with different fences (client %d)', async (which) => {
    await using pair = await laggingPair()
    const [first, second] = [standalone(pair.master)[which], standalone(pair.replica)[which]]
    if (first === undefined || second === undefined) throw new Error('two clients are needed')
    const resource = guarded()
    const one = await open(first, { ttlMs: TTL_MS })
    const a = await one.locks.acquire('name')
    expect(resource.write(a.fence ?? 0)).toBe(true)

    // The whole of its ttl is left.
    await a.extend()
    await pair.failover()
    await using other = await open(second, { ttlMs: TTL_MS })
    const b = await other.locks.acquire('name', { waitMs: 0 })

    // The violation: both believe, and both are right as far as they can know.
    expect([a.held, b.held]).toEqual([true, true])
    // The answer: B has the newer fence, because the clock of the new master goes on where that of the old one was.
    expect(b.fence).toBeGreaterThan(a.fence ?? Infinity)
    expect(resource.write(b.fence ?? 0)).toBe(true)
    expect(resource.write(a.fence ?? 0)).toBe(false)

    // A learns at its deadline at the latest: its lease is not renewed any more.
    await eventually(() => expect(a.held).toBe(false), 2 * TTL_MS)
    expect(isLockError(a.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(b.held).toBe(true)
    expect(await b.release()).toBe('released')
    await pair.master.resume()
    await one[Symbol.asyncDispose]()
  })

  test('has fences in the wrong order when the clock of the new master is behind', async () => {
    await using pair = await laggingPair()
    // A fence that a master whose clock is an hour ahead has stored, and that its replica never got.
    const ahead = (Date.now() + 3_600_000) * 1_000
    await on(pair.master, 'SET', '{lock:name}:f', `${ahead}`)
    const [first] = standalone(pair.master)
    const [second] = standalone(pair.replica)
    if (first === undefined || second === undefined) throw new Error('a client is needed')
    const one = await open(first, { ttlMs: TTL_MS })
    const a = await one.locks.acquire('name')
    expect(a.fence).toBe(ahead + 1)
    await a.extend()
    await pair.failover()
    await using other = await open(second, { ttlMs: TTL_MS })
    const b = await other.locks.acquire('name', { waitMs: 0 })
    expect([a.held, b.held]).toEqual([true, true])
    // The guard now rejects the holder and accepts the stale one: fences are as good as the clocks of the servers.
    const resource = guarded()
    expect(resource.write(a.fence ?? 0)).toBe(true)
    expect(resource.write(b.fence ?? 0)).toBe(false)
    await pair.master.resume()
    await one[Symbol.asyncDispose]()
  })
})

test.concurrent(
  'after a failover on demand a client may go on at the former master for seconds: two holders, told apart',
  async () => {
    await using redis = await startSentinel()
    const [ioredis] = ofSentinel(redis)
    if (ioredis === undefined) throw new Error('a client is needed')
    const resource = guarded()
    await using one = await open(ioredis, { ttlMs: 1_500 })
    const a = await one.locks.acquire('name')
    const former = await redis.master()
    expect(await on(former, 'WAIT', '2', '5000')).toBe(2)
    const master = await redis.failover()
    expect(master).not.toBe(former)
    // Until the sentinels make it a replica, the old master serves every client that is connected to it.
    await using other = await open(ioredis, { ttlMs: 20_000 })
    const b = await other.locks.acquire('name', { waitMs: 20_000 })
    expect(b.fence).toBeGreaterThan(a.fence ?? Infinity)
    expect(resource.write(b.fence ?? 0)).toBe(true)
    if (a.held) expect(resource.write(a.fence ?? 0)).toBe(false)
    // Then its holder is notified, because on the new master another owner holds the name.
    await eventually(() => expect(a.held).toBe(false), 30_000)
    expect(isLockError(a.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(b.held).toBe(true)
    expect(await b.release()).toBe('released')
  },
)
