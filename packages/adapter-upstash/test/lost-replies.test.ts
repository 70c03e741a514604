import { isLockError } from '@holdfast/core'
import { afterAll, describe, expect, test } from 'vitest'
import { timed } from '../../../test/support/eventually.js'
import { eventually, freshName, isScript, openServer, openWorld, sleep } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

const TTL_MS = 1_500
/** The time that a busy machine may add to a bound. */
const SLACK_MS = 2_000

describe.concurrent('with the default options of the client,', () => {
  test('the first reply of an acquire is lost: one grant, the same fence, released normally', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    const lost = world.gateway.loseReply({ match: isScript })
    const lease = await world.locks().acquire(name)
    expect(lost.fired).toBe(1)
    expect(world.gateway.stats().executed).toBe(2)
    expect(await world.raw.command('GET', `lock:${name}`)).toBe(lease.owner)
    expect(await world.raw.command('GET', `{lock:${name}}:f`)).toBe(`${lease.fence}`)
    expect(await world.locks().tryAcquire(name)).toBeNull()
    expect(await lease.release()).toBe('released')
    expect(await world.raw.command('EXISTS', `lock:${name}`)).toBe(0)
  })

  test('one lost reply executes a whole pipeline again: each is granted once, to its own owner', async () => {
    await using world = await openWorld(server)
    const names = Array.from({ length: 20 }, freshName)
    const locks = world.locks()
    const lost = world.gateway.loseReply({ match: isScript })
    const leases = await Promise.all(names.map((name) => locks.acquire(name)))
    expect(lost.fired).toBe(1)
    expect(world.gateway.stats()).toMatchObject({ requests: 2, executed: 2 })
    for (const { name, fence } of leases) expect(await world.raw.command('GET', `{lock:${name}}:f`)).toBe(`${fence}`)
    expect(await Promise.all(leases.map((lease) => lease.release()))).toEqual(names.map(() => 'released'))
  })

  test('all replies are lost: indeterminate within the budget, and nothing is left after the ttl', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    const lost = world.gateway.loseReply({ match: isScript, times: Infinity })
    const { error, ms } = await timed(world.locks({ ttlMs: TTL_MS }).acquire(name, { waitMs: 1_200 }))
    expect(isLockError(error, 'LOCK_INDETERMINATE'), String(error)).toBe(true)
    expect(ms).toBeLessThan(1_200 + SLACK_MS)
    await eventually(() => expect(lost.fired).toBeGreaterThan(1))
    await sleep(TTL_MS)
    await eventually(async () => expect(await world.raw.command('EXISTS', `lock:${name}`)).toBe(0))
    // Later repeats by the client change nothing: the name is free by the release, or at the end of the ttl.
    await sleep(5_000)
    await eventually(async () => expect(await world.raw.command('EXISTS', `lock:${name}`)).toBe(0))
  })

  test('the reply of a release is lost: it is free, and nobody else is disturbed', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    const lease = await world.locks().acquire(name)
    world.gateway.loseReply({ match: isScript })
    // The answer to the repeated release is that the name is not held any more.
    expect(['released', 'expired']).toContain(await lease.release())
    expect((await world.locks().acquire(name, { waitMs: 0 })).held).toBe(true)
  })

  test('replies of renewals are lost: one continuous hold', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    let renewed = 0
    const observer = { renewed: () => void (renewed += 1) }
    const lease = await world.locks({ ttlMs: 4_000, observer }).acquire(name)
    const lost = world.gateway.loseReply({ match: isScript, times: 2 })
    await lost.whenFired(2)
    // More than three renewals take longer than the ttl: without them the lease would have ended.
    const already = renewed
    await eventually(() => expect(renewed).toBeGreaterThan(already + 3), 30_000)
    expect(lease.held).toBe(true)
    expect(await world.raw.command('GET', `{lock:${name}}:f`)).toBe(`${lease.fence}`)
    expect(await lease.release()).toBe('released')
  })

  test('the request of an acquire is lost: granted all the same', async () => {
    await using world = await openWorld(server)
    const lost = world.gateway.loseRequest({ match: isScript, times: 2 })
    const lease = await world.locks().acquire(freshName())
    expect(lost.fired).toBe(2)
    expect(world.gateway.stats().executed).toBe(1)
    expect(await lease.release()).toBe('released')
  })

  test('a proxy answers 502 with a page after execution: asked again by the same owner, the same fence', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    const proxy = world.gateway.answer({ status: 502, match: isScript })
    const lease = await world.locks().acquire(name)
    expect(proxy.fired).toBe(1)
    expect(world.gateway.stats().executed).toBe(2)
    expect(await world.raw.command('GET', `{lock:${name}}:f`)).toBe(`${lease.fence}`)
    expect(await lease.release()).toBe('released')
  })

  test('a single attempt that a proxy answers is indeterminate, and given back', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    world.gateway.answer({ status: 502, match: isScript })
    const error: unknown = await world
      .locks()
      .tryAcquire(name)
      .catch((thrown: unknown) => thrown)
    expect(isLockError(error, 'LOCK_INDETERMINATE'), String(error)).toBe(true)
    await eventually(async () => expect(await world.raw.command('EXISTS', `lock:${name}`)).toBe(0))
  })

  test.each([true, false])(
    'a database that never answers (executed: %s) is bounded by the locker',
    async (executed) => {
      await using world = await openWorld(server)
      const name = freshName()
      const silence = world.gateway.hang({ executed, times: Infinity })
      const locks = world.locks({ ttlMs: TTL_MS, attemptTimeoutMs: 300 })
      const { error, ms } = await timed(locks.acquire(name, { waitMs: 700 }))
      expect(isLockError(error, 'LOCK_INDETERMINATE'), String(error)).toBe(true)
      expect(ms).toBeLessThan(700 + SLACK_MS)
      await eventually(() => expect(silence.fired).toBeGreaterThan(1))
      silence.cancel()
      await eventually(async () => expect(await world.raw.command('EXISTS', `lock:${name}`)).toBe(0))
    },
  )

  test('a slow database is waited for', async () => {
    await using world = await openWorld(server)
    world.gateway.slow({ direction: 'request', ms: 100 })
    world.gateway.slow({ direction: 'reply', ms: 100 })
    const lease = await world.locks().acquire(freshName())
    expect(lease.held).toBe(true)
    expect(await lease.release()).toBe('released')
  })
})
