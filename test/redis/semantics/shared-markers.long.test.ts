import { createLocker } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { listed } from '../../support/listed.js'

const server = await startRedis()
const raw = await connectRaw(server)
afterAll(() => raw.close())

// While shared leases hold a name, the lock key holds a marker. Removing the marker ends all of these leases.
describe.each(clients)('shared leases through $name', ({ name: client, connect }) => {
  test('have ended when their marker was evicted, and touch nothing of who came after', async () => {
    const { backend, end } = await connect(server.port)
    await using locks = createLocker({ backend, renew: false })
    const key = `lock:evicted-${client}`
    const name = key.slice('lock:'.length)
    const reader = await locks.acquire(name, { mode: 'shared', ttlMs: 20_000 })
    await raw.command('DEL', key)
    const writer = await locks.acquire(name, { ttlMs: 30_000 })
    await expect(reader.extend(60_000)).rejects.toMatchObject({ code: 'LOCK_LOST' })
    expect(Number(await raw.command('PTTL', key))).toBeLessThanOrEqual(30_000)
    await reader.release()
    await expect(writer.extend()).resolves.toBeUndefined()
    expect(await writer.release()).toBe('released')
    end()
  })

  test('neither extend nor delete a foreign value in the place of their marker', async () => {
    const { backend, end } = await connect(server.port)
    await using locks = createLocker({ backend, renew: false })
    const key = `lock:replaced-${client}`
    const name = key.slice('lock:'.length)
    const reader = await locks.acquire(name, { mode: 'shared', ttlMs: 20_000 })
    await raw.command('SET', key, 'foreign')
    expect(await locks.tryAcquire(name, { mode: 'shared' })).toBeNull()
    expect(await reader.release()).toBe('expired')
    expect(await raw.command('GET', key)).toBe('foreign')
    expect(await raw.command('PTTL', key)).toBe(-1)
    end()
  })

  test('that were left behind do not come back with the next shared lease', async () => {
    const { backend, end } = await connect(server.port)
    await using locks = createLocker({ backend, renew: false })
    const key = `lock:left-${client}`
    const name = key.slice('lock:'.length)
    const old = await locks.acquire(name, { mode: 'shared', ttlMs: 20_000 })
    await raw.command('DEL', key)
    const next = await locks.acquire(name, { mode: 'shared', limit: 1, ttlMs: 20_000 })
    expect((await locks.inspect(name))?.holders).toHaveLength(1)
    expect(await old.release()).toBe('expired')
    expect(await next.release()).toBe('released')
    expect(await raw.command('EXISTS', key)).toBe(0)
    end()
  })
  test('show nobody when their line was taken away, and the marker is left', async () => {
    const { backend, end } = await connect(server.port)
    await using locks = createLocker({ backend })
    const name = `without-line-${client}`
    await locks.acquire(name, { mode: 'shared' })
    await raw.command('DEL', `{lock:${name}}:l`)
    expect(await locks.inspect(name)).toBeNull()
    expect((await listed(backend)).filter((seen) => seen.name === name)).toEqual([])
    end()
  })

  test('are never shown as held by nobody, up to their very end', async () => {
    const { backend, end } = await connect(server.port)
    let empty = 0
    for (let i = 0; i < 30; i++) {
      const name = `ending-${client}-${i}`
      await backend.acquire({ name, owner: 'a', ttlMs: 12, mode: 'shared', limit: Infinity })
      for (let last: unknown; last !== null;) {
        const seen = await Promise.all(Array.from({ length: 20 }, () => backend.inspect(name)))
        empty += seen.filter((one) => one?.holders.length === 0).length
        last = seen.at(-1)
      }
    }
    expect(empty).toBe(0)
    end()
  })
  // A claim that waits, and the two ways of a claim that does not wait.
  test.each([
    { how: 'that waits', claim: { lineMs: 20_000 } },
    { how: 'that does not wait', claim: {} },
    { how: 'that reserves fences', claim: { fences: 2 } },
    { how: 'to share', claim: { mode: 'shared', limit: 1 } },
  ] as const)('keep out no claim $how beyond their end, as any call sees it', async ({ how, claim: more }) => {
    const { backend, end } = await connect(server.port)
    let late = 0
    for (let i = 0; i < 60; i++) {
      const name = `last-millisecond-${client}-${how}-${i}`
      const reader = { name, owner: 'reader', ttlMs: 12, mode: 'shared', limit: Infinity } as const
      const writer = { name, owner: 'writer', ttlMs: 20_000, mode: 'exclusive', limit: 1, ...more } as const
      await backend.acquire(reader)
      for (let granted = false; !granted;) {
        const [seen, ...tried] = await Promise.all([
          backend.inspect(name),
          ...Array.from({ length: 20 }, () => backend.acquire(writer)),
        ])
        granted = tried.some(({ acquired }) => acquired)
        if (seen === null && !granted) late += 1
      }
    }
    expect(late).toBe(0)
    end()
  })

  test('reserve no fences when they are extended', async () => {
    const { backend, end } = await connect(server.port)
    const claim = { name: `reserve-${client}`, owner: 'a', ttlMs: 20_000, mode: 'shared', limit: Infinity } as const
    await backend.acquire(claim)
    const extended = await backend.extend([{ ...claim, fences: 5 }])
    expect(extended).toEqual([{ status: 'extended', validMs: 20_000, fence: null }])
    end()
  })
})
