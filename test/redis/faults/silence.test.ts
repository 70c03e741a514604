import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { createLocker, isLockError } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open, recorder } from '../../support/open.js'
import { isExtend, loadScripts } from '../../support/script-commands.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
await loadScripts(raw)

const valueOf = (name: string): Promise<unknown> => raw.command('GET', `lock:${name}`)
/** The time that a busy machine may add to a bound. */
const SLACK_MS = 5_000
const TTL_MS = 1_200
/** A server that stands still for half a second answers within two attempts, which a release may take. */
const ATTEMPT_MS = 1_000

describe.concurrent.each(clients)('a network that says nothing, by $name,', (client) => {
  test.each(['request', 'reply', undefined] as const)(
    'in the direction %s: every call settles within its budget, and works again when it heals',
    async (direction) => {
      await using proxy = await startFaultProxy({ target: server })
      await using user = await open(client, proxy.port, { ttlMs: TTL_MS, attemptTimeoutMs: ATTEMPT_MS })
      const [held, wanted] = [freshName(), freshName()]
      const lease = await user.locks.acquire(held, { renew: false, ttlMs: 20_000 })
      const silence = proxy.blackhole(direction)
      const [acquired, tried, inspected, extended, forced] = await Promise.all([
        timed(user.locks.acquire(wanted, { waitMs: 700 })),
        timed(user.locks.tryAcquire(wanted)),
        timed(user.locks.inspect(wanted)),
        timed(lease.extend(20_000)),
        timed(user.locks.forceRelease(wanted)),
      ])
      for (const { error } of [acquired, tried, inspected, extended, forced]) {
        expect(isLockError(error, 'LOCK_INDETERMINATE'), String(error)).toBe(true)
      }
      expect(acquired.ms).toBeLessThan(700 + SLACK_MS)
      for (const { ms } of [tried, inspected, extended, forced]) expect(ms).toBeLessThan(ATTEMPT_MS + SLACK_MS)
      const { value: released, ms } = await timed(lease.release())
      expect(released).toBe('unknown')
      expect(ms).toBeLessThan(2 * ATTEMPT_MS + SLACK_MS)
      expect(silence.fired).toBeGreaterThan(0)

      expect(proxy.heal()).toBeGreaterThan(0)
      const next = await user.locks.acquire(wanted, { waitMs: 20_000, ttlMs: 20_000 })
      expect(await valueOf(wanted)).toBe(next.owner)
      expect(await next.release()).toBe('released')
    },
  )

  test('half-open: the lease is lost before the ttl ends, a wait ends in time', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { ttlMs: TTL_MS, attemptTimeoutMs: 300 })
    const { observer, count } = recorder()
    await using other = await open(client, server.port, { observer })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const grantsAtLoss = new Promise((resolve) =>
      lease.signal.addEventListener('abort', () => resolve(count('acquired'))),
    )
    expect(proxy.halfOpen()).toBeGreaterThan(0)
    const behind = other.locks.acquire(name)
    const { error, ms } = await timed(user.locks.acquire(freshName(), { waitMs: 500 }))
    expect(isLockError(error, 'LOCK_INDETERMINATE')).toBe(true)
    expect(ms).toBeLessThan(500 + SLACK_MS)
    expect(await grantsAtLoss).toBe(0)
    expect(lease.held).toBe(false)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect((await behind).fence).toBeGreaterThan(lease.fence ?? 0)
    proxy.cutAll()
  })

  test('the deadline is kept although nothing else happens: it is before the expiry at the store', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { ttlMs: TTL_MS })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const silence = proxy.blackhole()
    const aborted = new Promise((resolve) => lease.signal.addEventListener('abort', resolve))
    // The store is asked first: time passes while it is asked.
    const leftAtStore = Number(await raw.command('PTTL', `lock:${name}`))
    expect(lease.remainingMs).toBeLessThanOrEqual(leftAtStore)
    await aborted
    expect(lease.held).toBe(false)
    expect(lease.remainingMs).toBe(0)
    expect(silence.fired).toBeGreaterThan(0)
    proxy.heal()
    await eventually(async () => expect(await valueOf(name)).toBeNull())
  })
})

/** Clients that end a connection which has been idle for two seconds, with commands in flight. */
const impatient = [
  {
    name: 'ioredis',
    connect: async (port: number) => {
      const client = new Redis(port, { socketTimeout: 2_000, maxRetriesPerRequest: 0 })
      client.on('error', () => {})
      return { backend: ioredisBackend(client), end: () => client.disconnect() }
    },
  },
  {
    name: 'node-redis',
    connect: async (port: number) => {
      const socket = { host: '127.0.0.1', port, socketTimeout: 2_000, reconnectStrategy: () => 50 }
      const client = createClient({ socket, pingInterval: 1_000 })
      client.on('error', () => {})
      await client.connect()
      return { backend: nodeRedisBackend(client), end: () => client.destroy() }
    },
  },
]

describe.concurrent.each(impatient)('a half-open connection that $name would end when it is idle', ({ connect }) => {
  test('is not kept open by the attempts of many waiters and the renewals of many short leases', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const { backend, end } = await connect(proxy.port)
    const lockers = Array.from({ length: 5 }, () => createLocker({ backend, ttlMs: 3_000, attemptTimeoutMs: 700 }))
    await Promise.all(lockers.flatMap((locks) => [1, 2, 3, 4].map(() => locks.acquire(freshName()))))
    proxy.halfOpen()
    const waiters = lockers.flatMap((locks) => {
      return [100, 200, 300, 400].map(async (ms) => {
        await new Promise((resolve) => setTimeout(resolve, ms))
        const { error, value } = await timed(locks.acquire(freshName(), { waitMs: 20_000 }))
        return { error, held: value?.held }
      })
    })
    for (const outcome of await Promise.all(waiters)) expect(outcome).toEqual({ error: undefined, held: true })
    await Promise.all(lockers.map((locks) => locks.close()))
    end()
  })
})

describe.concurrent.each(clients)('renewal, by $name,', (client) => {
  test('that fails for 60 % of the ttl and heals: one hold, the same fence, no loss', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const { observer, count } = recorder()
    await using user = await open(client, proxy.port, { ttlMs: 12_000, attemptTimeoutMs: 800, observer })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const silence = proxy.blackhole()
    await eventually(() => expect(lease.remainingMs).toBeLessThan(12_000 * 0.4))
    expect(silence.fired).toBeGreaterThan(0)
    expect(count('renewalFailed')).toBeGreaterThan(0)
    proxy.heal()
    await eventually(() => expect(count('renewed')).toBeGreaterThan(0))
    expect(lease.held).toBe(true)
    expect(await raw.command('GET', `{lock:${name}}:f`)).toBe(String(lease.fence))
    expect(await lease.release()).toBe('released')
    expect(count('lost')).toBe(0)
  })

  test('that fails past the deadline and heals: lost for good, and what is left at the store is given back', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const { observer, count } = recorder()
    await using user = await open(client, proxy.port, { ttlMs: TTL_MS, attemptTimeoutMs: 1_000, observer })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    // The store gets every renewal, and keeps the key; the holder gets no answer.
    const deaf = proxy.loseReply({ match: isExtend, times: Infinity, ending: 'swallow' })
    await eventually(() => expect(lease.signal.aborted).toBe(true))
    expect(deaf.fired).toBeGreaterThan(0)
    const reason: unknown = lease.signal.reason
    expect(isLockError(reason, 'LOCK_LOST')).toBe(true)
    deaf.cancel()
    proxy.heal()
    await eventually(async () => expect(await valueOf(name)).toBeNull())
    expect(lease.held).toBe(false)
    await expect(lease.extend()).rejects.toBe(reason)
    expect(await lease.release()).toBe('expired')
    expect(count('lost')).toBe(1)
  })
})
