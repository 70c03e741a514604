import { ioredisBackend } from '@holdfast/adapter-ioredis'
import type { Claim, Turn } from '@holdfast/core'
import { connectRaw, type RawClient, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName } from '../../support/eventually.js'
import { ownerOf } from '../../support/owners.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
afterAll(() => raw.close())

const claim = (name: string, owner: string, over: Partial<Claim> = {}): Claim => ({
  name,
  owner: ownerOf(owner),
  ttlMs: 60_000,
  mode: 'exclusive',
  limit: 1,
  ...over,
})
const steal = { steal: true }
const reading = { mode: 'shared', limit: Infinity } as const

const connections = async (to: RawClient): Promise<number> =>
  String(await to.command('CLIENT', 'LIST'))
    .trim()
    .split('\n').length

describe.each(clients)('by $name, the holder of a name', (client) => {
  test('is notified once of each steal and eviction, and of no name that was free', async () => {
    const prefix = `${client.name}:`
    const [watching, acting] = await Promise.all([
      client.connect(server.port, prefix),
      client.connect(server.port, prefix),
    ])
    const { backend } = acting
    const told: Turn[] = []
    const unwatch = await watching.backend.watch?.((turn) => told.push(turn))
    const [free, own, ...taken] = Array.from({ length: 7 }, freshName)
    const [stolen = '', evicted = '', shared = '', byReader = '', sharedEvicted = ''] = taken

    // Steals that take the name from no holder: a free name, an expired name with a line, a name of the same owner.
    await backend.evict(free ?? '')
    await backend.acquire(claim(free ?? '', 'thief', steal))
    for (const mode of [{}, reading]) {
      await backend.acquire(claim(`${own}${mode === reading}`, 'a', mode))
      await backend.acquire(claim(`${own}${mode === reading}`, 'a', { ...mode, ...steal }))
    }
    await backend.acquire(claim('expired', 'a'))
    await backend.acquire(claim('expired', 'b', { lineMs: 60_000 }))
    await raw.command('DEL', `${prefix}expired`)
    await backend.acquire(claim('expired', 'thief', steal))

    await backend.acquire(claim(stolen, 'a'))
    await backend.acquire(claim(stolen, 'thief', steal))
    await backend.acquire(claim(evicted, 'a'))
    await backend.evict(evicted)
    for (const owner of ['a', 'b']) await backend.acquire(claim(shared, owner, reading))
    await backend.acquire(claim(shared, 'thief', steal))
    await backend.acquire(claim(byReader, 'a'))
    await backend.acquire(claim(byReader, 'thief', { ...reading, ...steal }))
    await backend.acquire(claim(sharedEvicted, 'a', reading))
    await backend.evict(sharedEvicted)
    await eventually(() => expect(told.length).toBe(taken.length))
    expect(told).toEqual(taken.map((name) => ({ type: 'taken', name, owner: null })))
    await unwatch?.()
    for (const each of [watching, acting]) each.end()
  })

  test('is notified over the connection for turns, and of its own prefix only', async () => {
    const prefixes = ['one:', 'one:more:', '', '{x}:']
    await using own = await startRedis({ own: true })
    await using asking = await connectRaw(own)
    const users = await Promise.all(prefixes.map((prefix) => client.connect(own.port, prefix)))
    const told = prefixes.map((): Turn[] => [])
    for (const { backend } of users) await backend.inspect('nothing')
    expect(await connections(asking)).toBe(1 + users.length)
    const ends = await Promise.all(users.map(async ({ backend }, i) => backend.watch?.((turn) => told[i]?.push(turn))))
    expect(await connections(asking)).toBe(1 + 2 * users.length)
    const name = 'a name: {x} \u00e9 77'
    for (const { backend } of users) {
      await backend.acquire(claim(name, 'a'))
      await backend.acquire(claim(name, 'thief', steal))
    }
    await eventually(() => expect(told).toEqual(prefixes.map(() => [{ type: 'taken', name, owner: null }])))
    for (const end of ends) await end?.()
    await eventually(async () => expect(await connections(asking)).toBe(1 + users.length))
    for (const user of users) user.end()
  })

  test('keeps it when the steal is refused for want of a fence, and is not notified', async () => {
    const prefix = `refused-${client.name}:`
    const { backend, end } = await client.connect(server.port, prefix)
    const told: Turn[] = []
    const unwatch = await backend.watch?.((turn) => told.push(turn))
    for (const [name, mode] of [
      ['exclusive', {}],
      ['shared', reading],
    ] as const) {
      await backend.acquire(claim(name, 'a', mode))
      await raw.command('DEL', `{${prefix}${name}}:f`)
      await raw.command('RPUSH', `{${prefix}${name}}:f`, 'no fence')
      for (const thief of [{}, reading]) {
        await expect(backend.acquire(claim(name, 'thief', { ...thief, ...steal }))).rejects.toMatchObject({
          executed: 'no',
        })
      }
      await raw.command('DEL', `{${prefix}${name}}:f`)
      expect((await backend.inspect(name))?.holders).toMatchObject([{ owner: ownerOf('a') }])
    }
    expect(told).toEqual([])
    await unwatch?.()
    end()
  })

  test('is not harmed by what others say there', async () => {
    const prefix = `garbage-${client.name}:`
    const { backend, end } = await client.connect(server.port, prefix)
    const told: Turn[] = []
    const unwatch = await backend.watch?.((turn) => told.push(turn))
    const garbage = ['', '\0', '{"name":1}', 'x'.repeat(100_000), ' 77']
    for (const message of garbage) await raw.command('PUBLISH', `${prefix}turn:lost`, message)
    const name = freshName()
    await backend.acquire(claim(name, 'a'))
    await backend.acquire(claim(name, 'b', { lineMs: 60_000 }))
    await backend.release({ name, owner: ownerOf('a') })
    await eventually(() => expect(told.at(-1)).toMatchObject({ name, owner: ownerOf('b'), granted: {} }))
    expect(told.slice(0, -1)).toEqual(garbage.map((message) => ({ type: 'taken', name: message, owner: null })))
    await unwatch?.()
    end()
  })
})

test('with a keyPrefix of the client, the notification has the exact name', async () => {
  const redis = new Redis(server.port, { keyPrefix: 'mine:' })
  const backend = ioredisBackend(redis)
  const told: Turn[] = []
  const unwatch = await backend.watch?.((turn) => told.push(turn))
  await backend.acquire(claim('name', 'a'))
  await backend.evict('name')
  await eventually(() => expect(told).toEqual([{ type: 'taken', name: 'name', owner: null }]))
  await unwatch?.()
  redis.disconnect()
})
