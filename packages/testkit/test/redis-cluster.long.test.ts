import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectRaw, startRedisCluster, type RedisCluster, type RedisServer, type Reply } from '../src/redis/index.js'

let cluster: RedisCluster
beforeAll(async () => void (cluster = await startRedisCluster()))
afterAll(() => cluster?.stop())

const on = async ({ port }: RedisServer, ...words: readonly string[]): Promise<Reply> => {
  await using client = await connectRaw(port)
  return await client.command(...words)
}

const another = async (...not: readonly RedisServer[]): Promise<RedisServer> => {
  const masters = await Promise.all([0, 8_000, 16_000].map((slot) => cluster.masterOf(slot)))
  const found = masters.find((master) => !not.includes(master))
  if (found === undefined) throw new Error('no other master')
  return found
}

describe('a cluster', () => {
  test('has three masters that share all slots, and a replica of each', async () => {
    expect(cluster.nodes.length).toBe(6)
    const masters = await Promise.all([0, 8_000, 16_383].map((slot) => cluster.masterOf(slot)))
    expect(new Set(masters).size).toBe(3)
    const replicas = await Promise.all([0, 8_000, 16_383].map((slot) => cluster.replicasOf(slot)))
    expect(replicas.map(({ length }) => length)).toEqual([1, 1, 1])
    expect(new Set([...masters, ...replicas.flat()])).toEqual(new Set(cluster.nodes))
  })

  test('serves a key where it says, and nowhere else', async () => {
    const master = await cluster.masterOf('a key')
    expect(await on(master, 'SET', 'a key', 'v')).toBe('OK')
    const slot = await cluster.slotOf('a key')
    expect(await cluster.masterOf(slot)).toBe(master)
    await expect(on(await another(master), 'GET', 'a key')).rejects.toThrow(
      `MOVED ${slot} ${master.host}:${master.port}`,
    )
  })

  test('moves a slot with its keys', async () => {
    const key = 'to be moved'
    const slot = await cluster.slotOf(key)
    const from = await cluster.masterOf(slot)
    const to = await another(from)
    await on(from, 'SET', key, 'v')
    await cluster.moveSlot(slot, to)
    expect(await cluster.masterOf(key)).toBe(to)
    expect(await on(to, 'GET', key)).toBe('v')
    await expect(on(from, 'GET', key)).rejects.toThrow('MOVED')
  })

  test('moves a slot at the pace of the caller: what has left is answered with ASK', async () => {
    const [staying, leaving] = ['{slow}staying', '{slow}leaving']
    const slot = await cluster.slotOf(staying)
    const from = await cluster.masterOf(slot)
    const to = await another(from)
    for (const key of [staying, leaving]) await on(from, 'SET', key, key)
    const move = await cluster.openSlot(slot, to)
    expect(await move.migrate([leaving])).toBe(1)
    expect(await on(from, 'GET', staying)).toBe(staying)
    await expect(on(from, 'GET', leaving)).rejects.toThrow(`ASK ${slot} ${to.host}:${to.port}`)
    await expect(on(from, 'MGET', leaving, staying)).rejects.toThrow('TRYAGAIN')
    expect(await cluster.masterOf(slot)).toBe(from)
    await move.finish()
    await cluster.settled()
    expect(await cluster.masterOf(slot)).toBe(to)
    expect(await on(to, 'MGET', staying, leaving)).toEqual([staying, leaving])
  })

  test('lets a replica take over in good order', async () => {
    const before = await cluster.masterOf(16_383)
    await on(before, 'WAIT', '1', '1000')
    const after = await cluster.failover(16_383)
    expect(after).not.toBe(before)
    expect(await cluster.masterOf(16_383)).toBe(after)
    expect(await cluster.replicasOf(16_383)).toEqual([before])
  })

  test('survives the crash of a master, which is a replica when it comes back', async () => {
    const crashed = await cluster.masterOf(0)
    const [heir] = await cluster.replicasOf(0)
    await crashed.kill()
    expect(await cluster.masterOf(0)).toBe(heir)
    await cluster.settled()
    await crashed.restart()
    await cluster.settled()
    expect(await cluster.masterOf(0)).toBe(heir)
    expect(await cluster.replicasOf(0)).toEqual([crashed])
  })
})

test('a smaller cluster is to be had, without replicas', async () => {
  await using small = await startRedisCluster({ masters: 1, replicas: 0, args: ['--maxmemory', '50mb'] })
  expect(small.nodes.length).toBe(1)
  expect(await on(await small.masterOf('k'), 'CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '52428800'])
  await expect(small.failover('k')).rejects.toThrow('no replica')
})

test('numbers that make no cluster are refused, and what cannot start leaves nothing running', async () => {
  await expect(startRedisCluster({ masters: 0 })).rejects.toThrow(RangeError)
  await expect(startRedisCluster({ replicas: -1 })).rejects.toThrow(RangeError)
  await expect(startRedisCluster({ args: ['--no-such-option', 'x'] })).rejects.toThrow('no-such-option')
})

test('a stopped cluster is gone', async () => {
  const small = await startRedisCluster({ masters: 1, replicas: 0 })
  await small.stop()
  for (const { port } of small.nodes) await expect(connectRaw(port)).rejects.toThrow('ECONNREFUSED')
  await expect(small.slotOf('k')).rejects.toThrow('no node')
})
