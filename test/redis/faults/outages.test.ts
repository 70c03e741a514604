import { isLockError } from '@holdfast/core'
import { freePort, connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, rejection, timed } from '../../support/eventually.js'
import { open, recorder } from '../../support/open.js'

const SLACK_MS = 5_000
const TTL_MS = 3_000

describe.concurrent.each(clients)('Redis, by $name,', (client) => {
  test('down at the start: acquire settles within its wait, nothing comes of it later, and then it works', async () => {
    const port = await freePort()
    await using user = await open(client, port, { attemptTimeoutMs: 1_000, connected: false })
    const name = freshName()
    const { error, ms } = await timed(user.locks.acquire(name, { waitMs: 800 }))
    expect(isLockError(error)).toBe(true)
    expect(['LOCK_BACKEND', 'LOCK_INDETERMINATE']).toContain((error as { code: string }).code)
    expect(ms).toBeLessThan(800 + SLACK_MS)

    await using server = await startRedis({ own: true, port })
    const lease = await user.locks.acquire(name)
    await using raw = await connectRaw(server)
    expect(await raw.command('GET', `lock:${name}`)).toBe(lease.owner)
    expect(await lease.release()).toBe('released')
    expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0)
  })

  test('killed while a lease is held, and back empty: the lease is lost, the next waiter is served', async () => {
    await using server = await startRedis({ own: true })
    await using user = await open(client, server.port, { ttlMs: TTL_MS })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const aborted = new Promise((resolve) => lease.signal.addEventListener('abort', resolve))
    await server.restart()
    await aborted
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(lease.held).toBe(false)
    const next = await user.locks.acquire(name)
    expect(next.fence).toBeGreaterThan(lease.fence ?? 0)
  })

  test('killed while a lease is held, and back with its data: the hold goes on, renewed', async () => {
    const args = ['--appendonly', 'yes', '--appendfsync', 'always']
    await using server = await startRedis({ own: true, args })
    const { observer, events, count } = recorder()
    await using user = await open(client, server.port, { ttlMs: 9_000, observer })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    await server.restart()
    await using raw = await connectRaw(server)
    expect(await raw.command('GET', `lock:${name}`)).toBe(lease.owner)
    const already = count('renewed')
    await eventually(() => expect(count('renewed')).toBeGreaterThan(already))
    expect(lease.held).toBe(true)
    expect(await user.locks.tryAcquire(name)).toBeNull()
    expect(events).not.toContain('lost')
    expect(await lease.release()).toBe('released')
  })

  test('frozen longer than the ttl: the lease is lost by its deadline, and no two hold after it', async () => {
    await using server = await startRedis({ own: true })
    await using user = await open(client, server.port, { ttlMs: TTL_MS })
    await using other = await open(client, server.port, { ttlMs: TTL_MS })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const told = new Promise((resolve) => lease.signal.addEventListener('abort', resolve))
    const behind = other.locks.acquire(name)
    await eventually(async () => expect((await user.locks.inspect(name))?.waiting).toBe(1))
    await server.pause()
    expect((await timed(told)).ms).toBeLessThan(TTL_MS + SLACK_MS)
    expect(lease.held).toBe(false)
    await server.resume()
    const next = await behind
    expect(next.fence).toBeGreaterThan(lease.fence ?? 0)
    await using raw = await connectRaw(server)
    expect(await raw.command('GET', `lock:${name}`)).toBe(next.owner)
    expect(await next.release()).toBe('released')
  })

  test('pausing writes for less than the ttl: stays held, and no loss is signalled', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    const { observer, count } = recorder()
    await using user = await open(client, server.port, { ttlMs: 4_500, observer })
    const lease = await user.locks.acquire(freshName())
    await raw.command('CLIENT', 'PAUSE', '2000', 'WRITE')
    await eventually(() => expect(count('renewed')).toBeGreaterThan(0))
    expect(lease.held).toBe(true)
    expect(count('lost')).toBe(0)
    expect(await lease.release()).toBe('released')
  })

  test('forgetting the scripts between and during calls: nobody notices', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const name = freshName()
    let last = 0
    const use = async ({ locks }: typeof user): Promise<void> => {
      for (let i = 0; i < 25; i++) {
        await locks.request(name, async (lease) => {
          expect(lease.fence).toBeGreaterThan(last)
          last = lease.fence ?? 0
          await raw.command('SCRIPT', 'FLUSH')
          await lease.extend()
        })
      }
    }
    await Promise.all([use(user), use(other), use(user)])
    expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0)
  })

  test('ending the connection for hints while somebody waits: it still gets its turn', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const behind = other.locks.acquire(name)
    await eventually(async () => expect(String(await raw.command('PUBSUB', 'CHANNELS'))).toContain('lock:turn:'))
    await eventually(async () => expect((await user.locks.inspect(name))?.waiting).toBe(1))
    expect(await raw.command('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBeGreaterThanOrEqual(1)
    await lease.release()
    const { value, ms } = await timed(behind)
    expect(value?.held).toBe(true)
    expect(ms).toBeLessThan(1_000 + SLACK_MS)
    // The connection comes back, for the next waiters.
    await eventually(async () => expect(String(await raw.command('PUBSUB', 'CHANNELS'))).toContain('lock:turn:'))
  })

  test('ending every connection of ours, again and again, while ten take turns: each gets its turn', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    const users = await Promise.all([1, 2].map(() => open(client, server.port)))
    const name = freshName()
    let last = 0
    let kills = 0
    const turns = users.flatMap(({ locks }) =>
      Array.from({ length: 5 }, () =>
        locks.request(name, async (lease) => {
          expect(lease.fence).toBeGreaterThan(last)
          last = lease.fence ?? 0
          const before = kills
          // At least one lease: a waiter that gets it by hand-over may be faster than the clients that connect again.
          await eventually(async () => {
            for (const type of ['normal', 'pubsub']) {
              kills += Number(await raw.command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes'))
            }
            expect(kills).toBeGreaterThan(before)
          })
        }),
      ),
    )
    await Promise.all(turns)
    expect(kills).toBeGreaterThanOrEqual(turns.length)
    for (const each of users) await each[Symbol.asyncDispose]()
  })

  test('gone for good: what is held is lost, what waits fails in time, and closing is bounded', async () => {
    const server = await startRedis({ own: true })
    const user = await open(client, server.port, { ttlMs: TTL_MS })
    const lease = await user.locks.acquire(freshName())
    await server.stop()
    const error = await rejection(user.locks.acquire(freshName(), { waitMs: 500 }))
    expect(isLockError(error), String(error)).toBe(true)
    const { ms } = await timed(user.locks.close())
    expect(ms).toBeLessThan(4 * TTL_MS + SLACK_MS)
    expect(lease.held).toBe(false)
  })
})
