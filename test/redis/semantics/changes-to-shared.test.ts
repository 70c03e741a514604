import { ioredisBackend } from '@holdfast/adapter-ioredis'
import type { Claim } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'

const server = await startRedis()
const raw = await connectRaw(server)
afterAll(() => raw.close())

const reading = { mode: 'shared', limit: Infinity } as const

// Cases that the conformance suite cannot have: only the Redis backends have keys beside a lock.
describe.each(clients)('a writer that became a reader, by $name,', ({ name: client, connect }) => {
  test('after its fence was evicted has none until it claims again, and then a greater one', async () => {
    const { backend, end } = await connect(server.port)
    const name = `fence-${client}`
    const claim = { name, owner: 'a', ttlMs: 20_000, mode: 'exclusive', limit: 1 } as const
    const fenceOf = async (wish: Claim): Promise<number> => {
      const outcome = await backend.acquire(wish)
      return (outcome.acquired ? outcome.fence : null) ?? expect.unreachable()
    }
    const fences = [await fenceOf(claim)]
    const evict = async (): Promise<unknown> => raw.command('DEL', `{lock:${name}}:f`)
    for (const wish of [{ ...claim, ...reading }, claim]) {
      await evict()
      fences.push(await fenceOf(wish))
      expect(await backend.inspect(name)).toMatchObject({ mode: 'exclusive', holders: [{ fence: fences.at(-1) }] })
    }
    await evict()
    expect(await backend.extend([{ ...claim, ...reading }])).toMatchObject([{ status: 'extended' }])
    expect(await backend.inspect(name)).toMatchObject({ mode: 'shared', holders: [{ owner: 'a', fence: null }] })
    fences.push(await fenceOf({ ...claim, ...reading }))
    expect((await backend.inspect(name))?.holders).toMatchObject([{ owner: 'a', fence: fences.at(-1) }])
    expect(await fenceOf({ ...claim, ...reading })).toBe(fences.at(-1))
    fences.push(await fenceOf({ ...claim, ...reading, owner: 'b' }))
    expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b))
    end()
  })

  test('lives as long as it was extended, with all that is beside the lock', async () => {
    const { backend, end } = await connect(server.port)
    const name = `ends-${client}`
    const keys = [`lock:${name}`, `{lock:${name}}:l`, `{lock:${name}}:p`]
    const ends = async (): Promise<number[]> =>
      Promise.all(keys.map(async (key) => Number(await raw.command('PTTL', key))))
    const claim = { name, owner: 'a', ttlMs: 20_000, mode: 'exclusive', limit: 1 } as const
    await backend.acquire(claim)
    for (const [ttlMs, least] of [
      [60_000, 50_000],
      [10_000, 1],
    ] as const) {
      await backend.extend([{ ...claim, ...reading, ttlMs }])
      const [lock = 0, ...besides] = await ends()
      expect(lock).toBeGreaterThan(least)
      expect(lock).toBeLessThanOrEqual(ttlMs)
      // The times were asked for one after the other.
      for (const ms of besides) expect(ms).toBeGreaterThan(lock - 1_000)
    }
    expect(await backend.release(claim)).toBe('released')
    expect(await ends()).toEqual([-2, -2, -2])
    end()
  })

  test.each(['f', 'l', 'p'])(
    'stays a writer where a key beside the lock (%s) is none of ours, and nothing is changed',
    async (side) => {
      const { backend, end } = await connect(server.port)
      const name = `type-${side}-${client}`
      const beside = `{lock:${name}}:${side}`
      const claim = { name, owner: 'a', ttlMs: 20_000, mode: 'exclusive', limit: 1 } as const
      const held = { ...claim, name: `${name}-beside` }
      for (const wish of [claim, held]) await backend.acquire(wish)
      await raw.command('DEL', beside)
      await raw.command('RPUSH', beside, 'none of ours')
      const others = ['f', 'l', 'p'].filter((other) => other !== side).map((other) => `{lock:${name}}:${other}`)
      const before = await raw.command('EXISTS', ...others)
      const change = [{ ...claim, ...reading, ttlMs: 60_000 }]
      await expect(backend.extend(change)).rejects.toMatchObject({ executed: 'no', retryable: false })
      const outcomes = await backend.extend([...change, { ...held, ...reading }])
      expect(outcomes).toMatchObject([{ status: 'unknown', cause: { executed: 'no' } }, { status: 'extended' }])
      expect(await raw.command('GET', `lock:${name}`)).toBe('a')
      expect(Number(await raw.command('PTTL', `lock:${name}`))).toBeLessThanOrEqual(20_000)
      expect(await raw.command('EXISTS', ...others)).toBe(before)
      expect(await raw.command('LRANGE', beside, '0', '-1')).toEqual(['none of ours'])
      await raw.command('DEL', beside)
      expect(await backend.extend(change)).toMatchObject([{ status: 'extended' }])
      end()
    },
  )

  test('is extended in one batch with one whose line is none of ours', async () => {
    const { backend, end } = await connect(server.port)
    const claims = ['a', 'b', 'c'].map((owner) => {
      return { ...reading, name: `line-${owner}-${client}`, owner, ttlMs: 20_000 }
    })
    for (const claim of claims) await backend.acquire(claim)
    const line = `{lock:${claims[1]?.name}}:l`
    await raw.command('DEL', line)
    await raw.command('RPUSH', line, 'none of ours')
    const outcomes = await backend.extend(claims.map((claim) => ({ ...claim, ttlMs: 60_000 })))
    expect(outcomes).toMatchObject([{ status: 'extended' }, { status: 'unknown' }, { status: 'extended' }])
    for (const { name } of [claims[0], claims[2]].filter((claim) => claim !== undefined)) {
      expect(Number(await raw.command('PTTL', `lock:${name}`))).toBeGreaterThan(50_000)
    }
    end()
  })
})

test('without fences, a writer becomes a reader whatever lies where they would be', async () => {
  const redis = new Redis(server.port)
  const unfenced = ioredisBackend(redis, { fencing: false })
  const claim = { name: `unfenced`, owner: 'a', ttlMs: 20_000, mode: 'exclusive', limit: 1 } as const
  await raw.command('RPUSH', `{lock:${claim.name}}:f`, 'none of ours')
  await unfenced.acquire(claim)
  expect(await unfenced.extend([{ ...claim, ...reading }])).toMatchObject([{ status: 'extended', fence: null }])
  expect((await unfenced.inspect(claim.name))?.holders).toMatchObject([{ owner: 'a', fence: null }])
  redis.disconnect()
})
