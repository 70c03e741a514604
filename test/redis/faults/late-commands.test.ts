import { isLockError } from '@holdfast/core'
import { type FaultProxy, startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open } from '../../support/open.js'
import {
  isAcquire,
  isAcquireShared,
  isExtend,
  isRelease,
  isReserve,
  loadScripts,
} from '../../support/script-commands.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
await loadScripts(raw)

const valueOf = (name: string): Promise<unknown> => raw.command('GET', `lock:${name}`)
/** The place in line of a waiter that does not come back. */
const PLACE_MS = 3_000
/** The ttl of a hold that a late command has taken, and that is not renewed; a few calls are made while it lasts. */
const TTL_MS = 5_000
/** The time that a busy machine may add to a bound. */
const SLACK_MS = 5_000

const onceMore = (proxy: FaultProxy, match: typeof isAcquire): ReturnType<FaultProxy['duplicate']> =>
  proxy.duplicate({ match, when: 'later' })

describe.concurrent.each(clients)('a command that arrives once more, later, by $name,', (client) => {
  test('an acquire on a free name: nobody holds it, and it is gone within the ttl', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { ttlMs: TTL_MS })
    const copy = onceMore(proxy, isAcquire)
    const lease = await user.locks.acquire(freshName())
    await lease.release()
    expect(await copy.deliver()).toEqual([expect.stringMatching(/^a/)])
    expect(await valueOf(lease.name)).toBe(lease.owner)
    expect(Number(await raw.command('PTTL', `lock:${lease.name}`))).toBeLessThanOrEqual(TTL_MS)
    expect(lease.held).toBe(false)
    expect(await user.locks.tryAcquire(lease.name)).toBeNull()
    const next = await user.locks.acquire(lease.name, { waitMs: 4 * TTL_MS })
    expect(next.fence).toBeGreaterThan(lease.fence ?? 0)
  })

  test("an acquire while a successor holds: the successor's, and others wait a place time at most", async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const copy = onceMore(proxy, isAcquire)
    const lease = await user.locks.acquire(name)
    await lease.release()
    const successor = await other.locks.acquire(name)
    const [reply] = await copy.deliver()
    expect(reply).toMatch(/^b/)
    expect(await valueOf(name)).toBe(successor.owner)
    await successor.extend()
    expect(await successor.release()).toBe('released')
    const { value: third, ms } = await timed(user.locks.acquire(name, { waitMs: 10_000 }))
    expect(third?.fence).toBeGreaterThan(successor.fence ?? 0)
    expect(ms).toBeLessThan(PLACE_MS + SLACK_MS)
    expect(lease.held).toBe(false)
  })

  test.each([
    ['exclusive', isAcquire, () => 'o'],
    ['shared', isAcquireShared, (fence: number | null) => `a${fence}`],
  ] as const)('an acquire, %s, after its lease was extended to longer: cuts nothing', async (mode, match, replyTo) => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { ttlMs: 10_000, renew: false })
    const copy = onceMore(proxy, match)
    const lease = await user.locks.acquire(freshName(), { mode })
    await lease.extend(60_000)
    expect(await copy.deliver()).toEqual([replyTo(lease.fence)])
    expect((await user.locks.inspect(lease.name))?.holders[0]?.remainingMs).toBeGreaterThan(30_000)
    expect(Number(await raw.command('PTTL', `lock:${lease.name}`))).toBeGreaterThan(30_000)
    expect(await lease.release()).toBe('released')
  })

  test('an extend that reserved fences, after the lease was handed on and extended to longer: cuts nothing', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const handOver = { ms: 60_000 }
    await using user = await open(client, proxy.port, { ttlMs: 10_000, renew: false, handOver })
    const name = freshName()
    const copy = onceMore(proxy, isReserve)
    const first = await user.locks.acquire(name)
    const second = user.locks.acquire(name)
    expect(await first.release()).toBe('released')
    const lease = await second
    expect(lease.owner).toBe(first.owner)
    await lease.extend(60_000)
    expect(await copy.deliver()).toEqual([expect.stringMatching(/^e/)])
    expect(Number(await raw.command('PTTL', `lock:${name}`))).toBeGreaterThan(30_000)
    expect(await lease.release()).toBe('released')
  })

  test('an extend: creates nothing, and lengthens nothing of a successor', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const copy = onceMore(proxy, isExtend)
    const lease = await user.locks.acquire(name, { renew: false })
    await lease.extend(60_000)
    await lease.release()
    expect(await copy.deliver()).toEqual(['l'])
    expect(await valueOf(name)).toBeNull()

    const again = onceMore(proxy, isExtend)
    const second = await user.locks.acquire(name, { renew: false })
    await second.extend(60_000)
    await second.release()
    const successor = await other.locks.acquire(name, { ttlMs: 10_000, renew: false })
    expect(await again.deliver()).toEqual(['l'])
    expect(await valueOf(name)).toBe(successor.owner)
    expect(Number(await raw.command('PTTL', `lock:${name}`))).toBeLessThanOrEqual(10_000)
  })

  test('a release: touches nothing of a successor, even of the same process', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const name = freshName()
    const copy = onceMore(proxy, isRelease)
    await (await user.locks.acquire(name)).release()
    const successor = await user.locks.acquire(name)
    expect(await copy.deliver()).toEqual(['o'])
    expect(await valueOf(name)).toBe(successor.owner)
    await successor.extend()
    expect(await successor.release()).toBe('released')
  })

  test('at once, each of them: the same as if they had not', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const copies = [isAcquire, isExtend, isRelease].map((match) => proxy.duplicate({ match, times: Infinity }))
    const name = freshName()
    let last = 0
    for (let i = 0; i < 10; i++) {
      const lease = await user.locks.acquire(name, { ttlMs: TTL_MS, waitMs: 30_000 })
      expect(lease.fence).toBeGreaterThan(last)
      last = lease.fence ?? 0
      await lease.extend()
      expect(await valueOf(name)).toBe(lease.owner)
      expect(['released', 'expired']).toContain(await lease.release())
      expect(await valueOf(name)).not.toBe(lease.owner)
    }
    expect(copies.every(({ fired }) => fired >= 10)).toBe(true)
  })
})

describe.concurrent.each(clients)('a slow network, by $name,', (client) => {
  test('takes its time from the lease: what is left is counted from before the command was sent', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { ttlMs: 4_000, renew: false })
    const slow = [
      proxy.delay({ direction: 'request', ms: 600, match: isAcquire }),
      proxy.delay({ direction: 'reply', ms: 600, match: isAcquire }),
    ]
    const { value: lease } = await timed(user.locks.acquire(freshName(), { waitMs: 10_000 }))
    expect(slow.every(({ fired }) => fired > 0)).toBe(true)
    expect(lease?.remainingMs).toBeLessThan(4_000 - 1_200)
    // The store is asked first: time passes while it is asked.
    const leftAtStore = Number(await raw.command('PTTL', `lock:${lease?.name}`))
    expect(leftAtStore).toBeGreaterThan(lease?.remainingMs ?? Infinity)
  })

  test('slower than the ttl: never a grant, LOCK_INDETERMINATE within the wait, and nothing left', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { ttlMs: 400 })
    const slow = proxy.delay({ direction: 'reply', ms: 450, match: isAcquire })
    const name = freshName()
    const { error, ms } = await timed(user.locks.acquire(name, { waitMs: 1_500 }))
    expect(isLockError(error, 'LOCK_INDETERMINATE'), String(error)).toBe(true)
    expect(ms).toBeLessThan(1_500 + SLACK_MS)
    expect(slow.fired).toBeGreaterThan(0)
    await eventually(async () => expect(await valueOf(name)).toBeNull())
  })
})
