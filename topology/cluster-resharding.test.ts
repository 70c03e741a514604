import { startRedisCluster } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { eventually } from '../test/support/eventually.js'
import { ofCluster, open } from './support/clients.js'
import { anotherMaster, nameIn, slotOf } from './support/servers.js'
import { guarded, overlapsOf, takeTurn } from './support/turns.js'

const cluster = await startRedisCluster({ replicas: 0 })
afterAll(() => cluster.stop())
const clients = ofCluster(cluster)

/** A lease is renewed each second, so that a node that is held up for a moment ends no lease. */
const TTL_MS = 3_000

// Each test has a slot of its own, so that no test moves the slot of another.
let slots = 1_000
const freshSlot = (): number => (slots += 37)

describe.each(clients)('while slots move, $name,', (client) => {
  test('a lease goes on where its slot has gone, and nobody gets it twice', async () => {
    const slot = freshSlot()
    const name = nameIn(slot)
    let renewed = 0
    await using user = await open(client, { ttlMs: TTL_MS, observer: { renewed: () => void (renewed += 1) } })
    await using other = await open(client)
    const lease = await user.locks.acquire(name)
    for (let moves = 0; moves < 3; moves++) {
      const from = await cluster.masterOf(slot)
      await cluster.moveSlot(slot, await anotherMaster(cluster, from))
      const already = renewed
      await eventually(() => expect(renewed).toBeGreaterThan(already))
      expect(await other.locks.tryAcquire(name)).toBeNull()
    }
    expect(lease.held).toBe(true)
    expect(await lease.release()).toBe('released')
    const next = await other.locks.acquire(name)
    expect(next.fence).toBeGreaterThan(lease.fence ?? Infinity)
    expect(await next.release()).toBe('released')
  })

  test('twelve take turns while their slot is moved to and fro: one at a time, each its turn', async () => {
    const slot = freshSlot()
    const name = nameIn(slot)
    const users = await Promise.all(Array.from({ length: 3 }, () => open(client)))
    const resource = guarded()
    const turns = Promise.all(
      users.flatMap(({ locks }) => Array.from({ length: 4 }, () => takeTurn(locks, name, resource, 40_000))),
    )
    for (let moves = 0; moves < 6; moves++) {
      const from = await cluster.masterOf(slot)
      await cluster.moveSlot(slot, await anotherMaster(cluster, from))
    }
    const holds = await turns
    expect(overlapsOf(holds)).toEqual([])
    expect(resource.rejected).toEqual([])
    expect(new Set(holds.map(({ fence }) => fence)).size).toBe(12)
    for (const each of users) await each[Symbol.asyncDispose]()
  })

  test('halfway, what is held is renewed, a free name is granted when the move is over, and no loss is signalled', async () => {
    const slot = freshSlot()
    const [held, free] = [nameIn(slot), nameIn(slot)]
    let renewed = 0
    await using user = await open(client, { ttlMs: TTL_MS, observer: { renewed: () => void (renewed += 1) } })
    await using other = await open(client)
    const lease = await user.locks.acquire(held)
    const from = await cluster.masterOf(slot)
    const move = await cluster.openSlot(slot, await anotherMaster(cluster, from))
    // The server answers TRYAGAIN for several keys of which some are not here, and some are not there.
    let settled = false
    const waiting = other.locks.acquire(free, { waitMs: 120_000 }).finally(() => (settled = true))
    expect(await move.migrate()).toBeGreaterThan(0)
    const already = renewed
    // More than a ttl: the lease lives on renewals alone, which follow the key.
    await eventually(() => expect(renewed).toBeGreaterThan(already + 4), 30_000)
    expect(lease.held).toBe(true)
    expect(settled).toBe(false)
    await move.finish()
    await cluster.settled()
    const granted = await waiting
    expect(slotOf(`lock:${free}`)).toBe(slot)
    expect(lease.held).toBe(true)
    expect(await lease.release()).toBe('released')
    expect(await granted.release()).toBe('released')
  })

  test('halfway, what is shared is renewed too', async () => {
    const slot = freshSlot()
    const name = nameIn(slot)
    let renewed = 0
    await using user = await open(client, { ttlMs: TTL_MS, observer: { renewed: () => void (renewed += 1) } })
    const lease = await user.locks.acquire(name, { mode: 'shared' })
    const move = await cluster.openSlot(slot, await anotherMaster(cluster, await cluster.masterOf(slot)))
    await move.migrate()
    const already = renewed
    await eventually(() => expect(renewed).toBeGreaterThan(already + 4), 30_000)
    expect(lease.held).toBe(true)
    await move.finish()
    await cluster.settled()
    expect(await lease.release()).toBe('released')
  })

  test('halfway, what is released is given up when the move is over', async () => {
    const slot = freshSlot()
    const name = nameIn(slot)
    await using user = await open(client, { ttlMs: 20_000 })
    const lease = await user.locks.acquire(name)
    const move = await cluster.openSlot(slot, await anotherMaster(cluster, await cluster.masterOf(slot)))
    await move.migrate()
    const releasing = lease.release()
    await move.finish()
    expect(await releasing).toBe('released')
    await cluster.settled()
    expect(await user.locks.inspect(name)).toBeNull()
  })
})
