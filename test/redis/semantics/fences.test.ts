import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { type Claim, createLocker } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { freshName, rejection } from '../../support/eventually.js'
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
const store = (name: string, value: string): Promise<unknown> => raw.command('SET', `{lock:${name}}:f`, value)
const fenceOf = async (wanted: Claim): Promise<number> => {
  const outcome = await backend.acquire(wanted)
  return (outcome.acquired && outcome.fence) || expect.fail(`not granted: ${JSON.stringify(outcome)}`)
}

/** In microseconds, as a fence: later than the server's clock, which was set back since then. */
const LATER = 8_000_000_000_000_000
const PAST = 1_000_000_000_000_000

describe('a fence is greater than all before it', () => {
  test.each([
    ['of one fence', `${LATER}`, LATER],
    ['of one fence, while somebody waits', `${LATER}!`, LATER],
    ['of several fences', `${LATER} ${LATER - 63}`, LATER],
    ['of several fences, while somebody waits', `${LATER} ${LATER - 63}!`, LATER],
  ])('when the clock of the server was set back since the grant %s', async (_, stored, last) => {
    const ways: readonly Partial<Claim>[] = [{}, { mode: 'shared', limit: 3 }, { fences: 64 }, { lineMs: 1_000 }]
    for (const over of ways) {
      const name = freshName()
      await store(name, stored)
      const first = await fenceOf(claim(name, 'a', over))
      expect(first).toBe(last + 1)
      await backend.release(claim(name, 'a'))
      expect(await fenceOf(claim(name, 'b', over))).toBe(first + (over.fences ?? 1))
    }
  })

  test.each(['', '!', ' 999999999999999', ' 999999999999999!'])(
    'when the last one is long past, stored as a number and "%s"',
    async (rest) => {
      const name = freshName()
      await store(name, `${PAST}${rest}`)
      const fence = await fenceOf(claim(name, 'a'))
      expect(fence).toBeGreaterThan(PAST)
      // The clock of the server, but for the time that may have passed.
      expect(Math.abs(fence / 1_000 - Date.now())).toBeLessThan(60_000)
    },
  )

  test('when the clock is set back while others wait in line', async () => {
    const name = freshName()
    await fenceOf(claim(name, 'a'))
    for (const owner of ['b', 'c', 'd']) await backend.acquire(claim(name, owner, { lineMs: 30_000 }))
    await store(name, `${LATER}!`)
    const fences: number[] = []
    for (const [holder, next] of [['a', 'b'] as const, ['b', 'c'] as const, ['c', 'd'] as const]) {
      await backend.release(claim(name, holder))
      fences.push(await fenceOf(claim(name, next)))
    }
    expect(fences).toEqual([LATER + 1, LATER + 2, LATER + 3])
  })

  test.each(['', '!'])(
    'and a name whose fences are used up, stored with "%s", is refused and stays as it is',
    async (mark) => {
      const name = freshName()
      const value = `${Number.MAX_SAFE_INTEGER}${mark}`
      await store(name, value)
      const locks = createLocker({ backend })
      expect(String(await rejection(locks.acquire(name)))).toContain('used up')
      expect(await raw.command('GET', `{lock:${name}}:f`)).toBe(value)
      expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0)
      await locks.close()
    },
  )
})
