import { isLockError } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open, recorder } from '../../support/open.js'
import { isAcquire, isExtend, isRelease, loadScripts } from '../../support/script-commands.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
await loadScripts(raw)

/** The time that a busy machine may add to a bound. */
const SLACK_MS = 5_000

const valueOf = (name: string): Promise<unknown> => raw.command('GET', `lock:${name}`)
const fenceOf = async (name: string): Promise<number> => Number(await raw.command('GET', `{lock:${name}}:f`))
const isGone = (name: string): Promise<unknown> => eventually(async () => expect(await valueOf(name)).toBeNull())

describe.concurrent.each(clients)('a reply that is lost, by $name,', (client) => {
  test('to an acquire: one grant with one fence, released as any other', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const name = freshName()
    const lost = proxy.loseReply({ match: isAcquire })
    const lease = await user.locks.acquire(name)
    expect(lost.fired).toBe(1)
    expect(await valueOf(name)).toBe(lease.owner)
    expect(await fenceOf(name)).toBe(lease.fence)
    expect(await lease.release()).toBe('released')
    expect(await valueOf(name)).toBeNull()
  })

  test('to a try: either that grant, or LOCK_INDETERMINATE and nothing left', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const name = freshName()
    const lost = proxy.loseReply({ match: isAcquire })
    const { value: lease, error } = await timed(user.locks.tryAcquire(name))
    expect(lost.fired).toBe(1)
    if (lease) expect(await lease.release()).toBe('released')
    else expect(isLockError(error, 'LOCK_INDETERMINATE')).toBe(true)
    await isGone(name)
  })

  test('again and again: LOCK_INDETERMINATE within the wait, and nothing left', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const name = freshName()
    const lost = proxy.loseReply({ match: isAcquire, times: Infinity })
    const { error, ms } = await timed(user.locks.acquire(name, { waitMs: 1_500 }))
    expect(isLockError(error, 'LOCK_INDETERMINATE'), String(error)).toBe(true)
    expect(ms).toBeLessThan(1_500 + SLACK_MS)
    expect(lost.fired).toBeGreaterThan(0)
    await isGone(name)
    lost.cancel()
    expect((await user.locks.acquire(name)).held).toBe(true)
  })

  test('to an extend: extended once it returns, and held all along', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const lease = await user.locks.acquire(freshName(), { renew: false })
    const lost = proxy.loseReply({ match: isExtend })
    await lease.extend(60_000)
    expect(lost.fired).toBe(1)
    expect(lease.remainingMs).toBeGreaterThan(30_000)
    expect(Number(await raw.command('PTTL', `lock:${lease.name}`))).toBeGreaterThan(lease.remainingMs)
    expect(await lease.release()).toBe('released')
  })

  test('to renewals: one hold with one fence, and no loss is signalled', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const { observer, count } = recorder()
    await using user = await open(client, proxy.port, { ttlMs: 4_000, observer })
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const lost = proxy.loseReply({ match: isExtend, times: 2 })
    await lost.whenFired(2)
    await eventually(() => expect(count('renewed')).toBeGreaterThan(0))
    expect(lease.held).toBe(true)
    expect(lease.signal.aborted).toBe(false)
    expect(await fenceOf(name)).toBe(lease.fence)
    expect(await lease.release()).toBe('released')
    expect(count('lost')).toBe(0)
  })

  test('to a release: gone, and the answer says so', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const lease = await user.locks.acquire(freshName())
    const lost = proxy.loseReply({ match: isRelease })
    // A client that sends the command twice learns of the second time only: the store is asked again, as for any
    // unknown outcome.
    expect(await lease.release()).toBe('released')
    expect(lost.fired).toBe(1)
    expect(await valueOf(lease.name)).toBeNull()
    expect(lease.signal.aborted).toBe(false)
    expect(await user.locks.request(lease.name, () => 'next')).toBe('next')
  })

  test('to a release at the end of a request: the result stands', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const lost = proxy.loseReply({ match: isRelease })
    expect(await user.locks.request(freshName(), () => 'done')).toBe('done')
    expect(lost.fired).toBe(1)
  })
})

describe.concurrent.each(clients)('a request that is lost, by $name,', (client) => {
  test('is made up for: acquired, extended, released', async () => {
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port)
    const name = freshName()
    const lost = [isAcquire, isExtend, isRelease].map((match) => proxy.loseRequest({ match }))
    const lease = await user.locks.acquire(name)
    await lease.extend(20_000)
    expect(Number(await raw.command('PTTL', `lock:${name}`))).toBeGreaterThan(15_000)
    expect(await lease.release()).toBe('released')
    expect(lost.map(({ fired }) => fired)).toEqual([1, 1, 1])
    expect(await valueOf(name)).toBeNull()
  })
})
