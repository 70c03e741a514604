import { isLockError, type Turn } from '@holdfast/core'
import { type RedisSentinel, startSentinel } from '@holdfast/testkit/redis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually, timed } from '../test/support/eventually.js'
import { ofSentinel, open } from './support/clients.js'
import { on } from './support/servers.js'
import { guarded, takeTurn } from './support/turns.js'

const FAILOVER_MS = 6_000
const SLACK_MS = 10_000

let redis: RedisSentinel
beforeEach(async () => void (redis = await startSentinel()))
afterEach(() => redis.stop())

const [ioredis, nodeRedis] = [0, 1]

describe.each([ioredis, nodeRedis])('client %d', (which) => {
  const client = (): ReturnType<typeof ofSentinel>[number] => {
    const found = ofSentinel(redis)[which]
    if (found === undefined) throw new Error('two clients are needed')
    return found
  }

  test('the master is killed while a lease is held: it is renewed at the new master', async () => {
    let renewed = 0
    let lost = 0
    const observer = { renewed: () => void (renewed += 1), lost: () => void (lost += 1) }
    await using user = await open(client(), { ttlMs: 15_000, observer })
    const lease = await user.locks.acquire('held')
    const master = await redis.master()
    // The whole of its ttl is left when the master is killed.
    await lease.extend()
    expect(await on(master, 'WAIT', '2', '5000')).toBe(2)
    await eventually(async () => {
      for (const replica of await redis.replicas()) expect(await on(replica, 'GET', 'lock:held')).toBe(lease.owner)
    })
    await master.kill()
    const heir = await redis.master()
    const already = renewed
    await eventually(() => expect(renewed).toBeGreaterThan(already), 30_000)
    expect(lease.held).toBe(true)
    expect(lost).toBe(0)
    expect(await on(heir, 'GET', 'lock:held')).toBe(lease.owner)
    expect(await lease.release()).toBe('released')
  })

  test('the master is killed while ten wait: each gets its turn, no write of a former holder is accepted', async () => {
    const ttlMs = 2_000
    const users = await Promise.all([1, 2].map(() => open(client(), { ttlMs })))
    const resource = guarded()
    // The master is looked up before: while the sentinels are asked, all waiters could have had their turns.
    const master = await redis.master()
    const turns = users.flatMap(({ locks }) =>
      Array.from({ length: 8 }, () => takeTurn(locks, 'wanted', resource, 50_000)),
    )
    await eventually(() => expect(resource.accepted.length).toBeGreaterThan(4))
    await master.kill()
    const seen = resource.accepted.length
    const { error, ms } = await timed(eventually(() => expect(resource.accepted.length).toBeGreaterThan(seen), 40_000))
    expect(error).toBeUndefined()
    expect(ms).toBeLessThan(FAILOVER_MS + ttlMs + SLACK_MS)
    expect((await Promise.all(turns)).length).toBe(16)
    expect(resource.accepted).toEqual(resource.accepted.toSorted((a, b) => a - b))
    for (const each of users) await each[Symbol.asyncDispose]()
  })

  test('the master that carries notifications is killed: turns arrive again', async () => {
    await using user = await open(client())
    await using holder = await open(client())
    const turns: Turn[] = []
    const end = await user.backend.watch?.((turn) => void turns.push(turn))
    await (await redis.master()).kill()
    await redis.master()
    const already = turns.length
    let round = 0
    await eventually(async () => {
      const name = `listen-${(round += 1)}`
      const claim = { name, ttlMs: 60_000, mode: 'exclusive', limit: 1 } as const
      await holder.backend.acquire({ ...claim, owner: 'holder~1' })
      await user.backend.acquire({ ...claim, owner: 'waiter~1', lineMs: 60_000 })
      await holder.backend.release({ name, owner: 'holder~1' })
      await new Promise((resolve) => setTimeout(resolve, 100))
      // A turn of an earlier round will do: it may be late.
      expect(turns.slice(already)).toContainEqual(expect.objectContaining({ type: 'turn', owner: 'waiter~1' }))
    }, 30_000)
    await end?.()
  })

  test('all servers are gone for a while: waits end in time, leases are lost by their deadline', async () => {
    const ttlMs = 2_000
    await using user = await open(client(), { ttlMs })
    const lease = await user.locks.acquire('held')
    const aborted = new Promise((resolve) => lease.signal.addEventListener('abort', resolve))
    await Promise.all(redis.nodes.map((node) => node.kill()))
    const { error: failed, ms } = await timed(user.locks.acquire('other', { waitMs: 1_500 }))
    expect(isLockError(failed), String(failed)).toBe(true)
    expect(ms).toBeLessThan(1_500 + ttlMs + SLACK_MS)
    await aborted
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
  })
})
