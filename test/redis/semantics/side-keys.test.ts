import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { type Claim, createLocker } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../../support/eventually.js'
import { listed } from '../../support/listed.js'
import { ownerOf } from '../../support/owners.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
const client = new Redis(server.port)
const backend = ioredisBackend(client)
afterAll(() => {
  client.disconnect()
  raw.close()
})

const claim = (name: string, owner: string, over: Partial<Claim> = {}): Claim => ({
  ...{ name, owner: ownerOf(owner), ttlMs: 60_000, mode: 'exclusive', limit: 1 },
  ...over,
})
const reading = { mode: 'shared', limit: Infinity } as const
const waiting = { lineMs: 10_000 }

const side = (name: string, which: 'f' | 'l' | 'p'): string => `{lock:${name}}:${which}`
const spoil = async (name: string, which: 'f' | 'l' | 'p'): Promise<void> => {
  await raw.command('DEL', side(name, which))
  // The value has a type that the scripts do not expect there.
  if (which === 'f') await raw.command('RPUSH', side(name, which), 'x')
  else await raw.command('SET', side(name, which), 'x')
}
const contentOf = (name: string): Promise<unknown[]> =>
  Promise.all(
    [`lock:${name}`, side(name, 'f'), side(name, 'l'), side(name, 'p')].map((key) => raw.command('DUMP', key)),
  )
const ttlOf = async (name: string): Promise<number> => Number(await raw.command('PTTL', `lock:${name}`))

/** Expects that the server refuses a call for certain and for good, and changes nothing. */
async function refusedWithoutTrace(name: string, act: () => Promise<unknown>): Promise<void> {
  const [before, ttl] = [await contentOf(name), await ttlOf(name)]
  const error = await rejection(act())
  expect(error).toMatchObject({ executed: 'no', retryable: false })
  expect(String(error)).toContain('WRONGTYPE')
  expect(await contentOf(name)).toEqual(before)
  expect(await ttlOf(name)).toBeLessThanOrEqual(ttl)
}

describe('a key of another type beside a lock refuses a claim, and nothing is written:', () => {
  test('the places, one who would share a free name', async () => {
    const name = freshName()
    await spoil(name, 'p')
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'a', reading)))
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'a', { ...reading, steal: true })))
  })

  test('the places, one who would wait, exclusively or to share', async () => {
    const name = freshName()
    await backend.acquire(claim(name, 'a'))
    await spoil(name, 'p')
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'b', waiting)))
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'b', { ...reading, ...waiting })))
  })

  test.each(['f', 'p'] as const)('%s, one who steals from those in front of it in line', async (which) => {
    const name = freshName()
    await backend.acquire(claim(name, 'a'))
    await backend.acquire(claim(name, 'b', waiting))
    await spoil(name, which)
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'b', { steal: true })))
  })

  test.each(['f', 'l', 'p'] as const)('%s, one who steals from those who share', async (which) => {
    const name = freshName()
    for (const owner of ['a', 'b']) await backend.acquire(claim(name, owner, reading))
    await spoil(name, which)
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'c', { steal: true })))
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'c', { ...reading, steal: true })))
  })

  test('the fence, one who claims again what it holds, for longer', async () => {
    const name = freshName()
    await backend.acquire(claim(name, 'a'))
    await spoil(name, 'f')
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'a', { ttlMs: 90_000 })))
  })

  test('the fence, one who claims a free name', async () => {
    const name = freshName()
    await spoil(name, 'f')
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'a')))
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'a', reading)))
  })

  test('the line, one who claims a free name to share it, or without fences', async () => {
    const name = freshName()
    await spoil(name, 'l')
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'a', reading)))
    await refusedWithoutTrace(name, () => ioredisBackend(client, { fencing: false }).acquire(claim(name, 'a')))
  })

  test('the line, one who would wait', async () => {
    const name = freshName()
    await backend.acquire(claim(name, 'a'))
    await spoil(name, 'l')
    await refusedWithoutTrace(name, () => backend.acquire(claim(name, 'b', waiting)))
  })

  test('the places, a release by one of those who share', async () => {
    const name = freshName()
    await backend.acquire(claim(name, 'a', reading))
    await spoil(name, 'p')
    await refusedWithoutTrace(name, () => backend.release({ name, owner: ownerOf('a') }))
  })
})

describe.each(['f', 'l', 'p'] as const)(
  'a key of another type beside a lock (%s) keeps nobody from giving up:',
  (which) => {
    test('a release frees the name, with somebody in line', async () => {
      const name = freshName()
      await backend.acquire(claim(name, 'a'))
      await backend.acquire(claim(name, 'b', waiting))
      await spoil(name, which)
      expect(await backend.release({ name, owner: ownerOf('a') })).toBe('released')
      expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0)
      await raw.command('DEL', side(name, which))
      expect(await backend.acquire(claim(name, 'b', waiting))).toMatchObject({ acquired: true })
    })

    test.each(['exclusive', 'shared'] as const)(
      'forceRelease frees what is held (%s), and tells who held it',
      async (mode) => {
        const name = freshName()
        await using locks = createLocker({ backend })
        const lease = await locks.acquire(name, { mode })
        expect(lease.signal.aborted).toBe(false)
        await eventually(async () => expect(await raw.command('PUBSUB', 'CHANNELS')).not.toEqual([]))
        await spoil(name, which)
        expect(await locks.forceRelease(name)).toBe(true)
        expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0)
        await eventually(() => expect(lease.held).toBe(false))
        expect(await locks.forceRelease(name)).toBe(false)
      },
    )

    test('a name that is held is listed and looked at', async () => {
      const name = freshName()
      await backend.acquire(claim(name, 'a'))
      await spoil(name, which)
      const holders = [{ owner: ownerOf('a'), remainingMs: expect.any(Number) as number }]
      expect((await listed(backend)).find((seen) => seen.name === name)).toMatchObject({ holders })
      expect(await backend.inspect(name)).toMatchObject({ holders })
    })
  },
)

test('a claim that is refused for the type of a key beside the lock leaves no key that never ends', async () => {
  const name = freshName()
  await using locks = createLocker({ backend })
  await spoil(name, 'p')
  await rejection(locks.acquire(name, { mode: 'shared', waitMs: 0 }))
  expect(await raw.command('PTTL', side(name, 'l'))).not.toBe(-1)
})
