import { startRedisCluster } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { ofCluster, open } from './support/clients.js'
import { nameIn } from './support/servers.js'

const cluster = await startRedisCluster()
afterAll(() => cluster.stop())

/** Names on each of three masters, two of them in one slot. */
const names = [nameIn(15_000), nameIn(1_000), nameIn(8_000), `{${nameIn(1_000)}}:beside`]

describe.each(ofCluster(cluster))('a lease on names in several slots, by $name,', (client) => {
  test('is held, extended, handed over and given up as a whole', async () => {
    await using one = await open(client)
    await using other = await open(client)
    const lease = await one.locks.acquire(names)
    expect(await other.locks.tryAcquire(names)).toBeNull()
    for (const name of names) {
      expect((await other.locks.inspect(name))?.holders[0]?.fence).toBe(lease.fences.get(name))
      expect(await other.locks.tryAcquire(name)).toBeNull()
    }
    const before = lease.remainingMs
    await lease.extend(60_000)
    expect(lease.remainingMs).toBeGreaterThan(before)
    const { held } = await other.locks.query()
    expect(held.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    const resumed = await other.locks.resume(lease.ticket())
    expect(resumed.fences).toEqual(lease.fences)
    expect(await resumed.release()).toBe('released')
    expect((await other.locks.query()).held).toEqual([])
  })

  test('leaves nothing behind when the last of them is taken', async () => {
    await using one = await open(client)
    await using other = await open(client)
    const last = names.toSorted((a, b) => (a < b ? -1 : 1)).at(-1) ?? ''
    const taken = await other.locks.acquire(last)
    expect(await one.locks.tryAcquire(names)).toBeNull()
    expect((await other.locks.query()).held.map(({ name }) => name)).toEqual([last])
    await taken.release()
    expect(await (await one.locks.acquire(names)).release()).toBe('released')
  })

  test('passes from writer to reader in each of them', async () => {
    await using one = await open(client)
    await using other = await open(client)
    const writer = await one.locks.acquire(names)
    const reader = await one.locks.acquire(names, { within: writer, mode: 'shared' })
    expect(await writer.release()).toBe('released')
    await using beside = await other.locks.acquire(names, { mode: 'shared' })
    expect([reader.held, beside.held]).toEqual([true, true])
    expect(await other.locks.tryAcquire(names)).toBeNull()
    await reader.extend()
    expect(await reader.release()).toBe('released')
  })
})
