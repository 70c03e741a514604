import type { Locker } from '@holdfast/core'
import { afterAll, describe, expect, test } from 'vitest'
import { timed } from '../../../test/support/eventually.js'
import { costOf, eventually, freshName, openServer, openWorld, sleep } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

// Each request is paid for. The costs that the README states are proven here.
describe.concurrent('the cost in requests', () => {
  test('of each operation is one', async () => {
    await using world = await openWorld(server)
    const { gateway } = world
    const [locks, others] = [world.locks(), world.locks()]
    const name = freshName()
    // A renewal would be counted too.
    const lease = await locks.acquire(name, { renew: false })
    const free = freshName()
    expect(await costOf(gateway, () => locks.request(free, () => 'done'))).toEqual([2, 2])
    expect(await costOf(gateway, () => others.tryAcquire(name))).toEqual([1, 1])
    expect(await costOf(gateway, () => lease.extend())).toEqual([1, 1])
    expect(await costOf(gateway, () => others.inspect(name))).toEqual([1, 1])
    expect(await costOf(gateway, () => lease.release())).toEqual([1, 1])
    expect(await costOf(gateway, () => lease.release())).toEqual([0, 0])
    expect(await costOf(gateway, () => others.forceRelease(name))).toEqual([1, 1])
  })

  test('of a script that the database has forgotten is one more, once', async () => {
    await using own = await openServer()
    await using world = await openWorld(own)
    const locks = world.locks()
    await world.raw.command('SCRIPT', 'FLUSH')
    const acquire = (): Promise<unknown> => locks.acquire(freshName(), { renew: false })
    expect(await costOf(world.gateway, acquire)).toEqual([2, 2])
    expect(await costOf(world.gateway, acquire)).toEqual([1, 1])
  })

  test('of what is asked in one tick is one together', async () => {
    await using world = await openWorld(server)
    const locks = world.locks()
    const names = Array.from({ length: 50 }, freshName)
    const acquire = (): Promise<unknown> => Promise.all(names.map((name) => locks.acquire(name)))
    // Each script takes a bounded number of names.
    expect(await costOf(world.gateway, acquire)).toEqual([1, 2])
  })

  test('of what is refused for the limit is not more, then or later', async () => {
    await using world = await openWorld(server)
    const locks = world.locks({}, { enableAutoPipelining: false, retry: { retries: 0 } })
    world.gateway.answer({ status: 429 })
    const ask = (): Promise<unknown> =>
      Promise.allSettled(Array.from({ length: 30 }, () => locks.tryAcquire(freshName(), { renew: false })))
    expect(await costOf(world.gateway, ask)).toEqual([1, 1])
    expect(await costOf(world.gateway, ask)).toEqual([1, 1])
  })

  test('of renewing 250 leases is one for each hundred', async () => {
    await using world = await openWorld(server)
    let renewed = 0
    // A round of renewals each four seconds: the counted round is over before the next one begins.
    const locks = world.locks({ ttlMs: 12_000, observer: { renewed: () => void (renewed += 1) } })
    const leases = await Promise.all(Array.from({ length: 250 }, () => locks.acquire(freshName())))
    expect(renewed).toBe(0)
    const round = async (): Promise<unknown> => eventually(() => expect(renewed).toBe(250))
    expect(await costOf(world.gateway, round)).toEqual([3, 3])
    expect(leases.every((lease) => lease.held)).toBe(true)
  })

  test('of waiting is that of one contender for each name and process, with pauses', async () => {
    await using world = await openWorld(server)
    const { gateway } = world
    const name = freshName()
    const lease = await world.locks().acquire(name, { ttlMs: 60_000 })
    const waiting: Promise<unknown>[] = []
    const wait = (locks: Locker): void => {
      for (let i = 0; i < 20; i++) waiting.push(locks.request(name, () => 'mine'))
    }
    wait(world.locks())
    await eventually(async () => expect((await world.locks().inspect(name))?.waiting).toBe(1))
    const [requests] = await costOf(gateway, () => sleep(2_000))
    expect(requests).toBeGreaterThanOrEqual(1)
    expect(requests).toBeLessThanOrEqual(15)
    await lease.release()
    await Promise.all(waiting)
  })

  test('of a wait that ends with the lease is not more: nobody asks before that, and not much later', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    await world.locks().acquire(name, { ttlMs: 400, renew: false })
    const { value: next, ms } = await timed(world.locks().acquire(name))
    expect(ms).toBeLessThan(3_000)
    expect(next?.held).toBe(true)
  })

  test('has no stream of events in it: nothing stays open while somebody waits', async () => {
    await using world = await openWorld(server)
    const name = freshName()
    const lease = await world.locks().acquire(name)
    const waiting = world.locks().acquire(name)
    await eventually(async () => expect((await world.locks().inspect(name))?.waiting).toBe(1))
    await eventually(() => expect(world.gateway.stats().open).toBe(0))
    await lease.release()
    await waiting
    await eventually(() => expect(world.gateway.stats().open).toBe(0))
  })
})
