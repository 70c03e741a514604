import { type Claim, isLockError, toLockManager } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open } from '../../support/open.js'
import { isAcquire, isRelease, loadScripts } from '../../support/script-commands.js'
import { ownerOf } from '../../support/owners.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
await loadScripts(raw)
afterAll(() => raw.close())

const WAITERS = 1_000
/** A ttl long enough that no renewal finds a steal. */
const ttlMs = 120_000
const never = (): Promise<never> => new Promise(() => {})
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const channels = (): Promise<unknown> => raw.command('PUBSUB', 'CHANNELS')

const claim = (name: string, owner: string, over: Partial<Claim> = {}): Claim => ({
  ...{ name: `web:${name}`, owner: ownerOf(owner), ttlMs: 60_000, mode: 'exclusive', limit: 1 },
  ...over,
})

describe.each(clients)('a manager, by $name,', (client) => {
  test('whose reply to a release is lost: the request answers its value', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const lost = proxy.loseReply({ match: isRelease })
    const { value, error } = await timed(toLockManager(user.locks).request(freshName(), () => 'done'))
    expect(lost.fired).toBe(1)
    expect({ value, error }).toEqual({ value: 'done', error: undefined })
  })

  test('is notified at once of a steal right behind its turn', async () => {
    await using victim = await open(client, server.port, { ttlMs })
    await using thief = await open(client, server.port)
    const manager = toLockManager(victim.locks)
    const warm = freshName()
    await thief.backend.acquire(claim(warm, 'a'))
    void manager.request(warm, never).catch(() => {})
    await eventually(async () => expect(await channels()).not.toEqual([]))
    const outcomes = Array.from({ length: 10 }, async () => {
      const name = freshName()
      await thief.backend.acquire(claim(name, 'holder'))
      const request = { calls: 0, ended: false }
      const called = (): Promise<never> => {
        request.calls += 1
        return never()
      }
      void manager.request(name, called).catch(() => (request.ended = true))
      await eventually(async () => expect(await raw.command('ZCARD', `{lock:web:${name}}:l`)).toBe(1))
      await Promise.all([
        thief.backend.release({ name: `web:${name}`, owner: ownerOf('holder') }),
        thief.backend.acquire(claim(name, 'thief', { steal: true })),
      ])
      // Time for a call. Where the steal came first, the request goes on waiting, and there is no call.
      await pause(1_000)
      await eventually(() => expect(request.calls > 0 && !request.ended).toBe(false))
    })
    await Promise.all(outcomes)
  })

  test('is notified at once of a steal while the answer to its acquire is under way', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using victim = await open(client, proxy.port, { ttlMs })
    await using thief = await open(client, server.port)
    const manager = toLockManager(victim.locks)
    await manager.request(freshName(), () => {})
    void manager.request(freshName(), never).catch(() => {})
    await eventually(async () => expect(await channels()).not.toEqual([]))
    const name = freshName()
    proxy.delay({ direction: 'reply', ms: 500, match: isAcquire })
    const request = { calls: 0, ended: false }
    const called = (): Promise<never> => {
      request.calls += 1
      return never()
    }
    void manager.request(name, called).catch(() => (request.ended = true))
    await eventually(async () => expect(await raw.command('EXISTS', `lock:web:${name}`)).toBe(1))
    await thief.backend.acquire(claim(name, 'thief', { steal: true }))
    await eventually(() => expect(request).toEqual({ calls: 1, ended: true }))
  })

  test(`that is closed while ${WAITERS} requests wait: all reject, and nothing is left`, async () => {
    await using own = await startRedis({ own: true })
    await using look = await connectRaw(own)
    await using user = await open(client, own.port)
    const manager = toLockManager(user.locks)
    const requests = Array.from({ length: WAITERS }, () => manager.request('name', never).catch((end: unknown) => end))
    await eventually(async () => expect(await look.command('EXISTS', 'lock:web:name')).toBe(1))
    await user.locks.close()
    const ends = await Promise.all(requests)
    expect(ends.every((end) => isLockError(end, 'LOCK_CLOSED') || (end as Error).name === 'AbortError')).toBe(true)
    const keys = (await look.command('KEYS', '*')) as readonly string[]
    expect(keys.filter((key) => !key.endsWith(':f'))).toEqual([])
  })
})
