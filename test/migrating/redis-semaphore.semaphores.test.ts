import type { Lease, Locker } from '@holdfast/core'
import { MultiSemaphore, Semaphore } from 'redis-semaphore'
import { expect, test } from 'vitest'
import { freshName } from '../support/eventually.js'
import { BRIEF_MS, codeOf, openStage } from './stage.js'

const { locks, others, redis } = await openStage()

test.concurrent('redis-semaphore: new Semaphore(client, name, n)', async () => {
  const name = freshName()
  const freshOther = freshName()
  const theirs = [1, 2, 3].map(() => new Semaphore(redis, freshOther, 2, { acquireAttemptsLimit: 1 }))
  expect(await Promise.all(theirs.map((each) => each.tryAcquire()))).toEqual([true, true, false])

  const permit = { mode: 'shared', limit: 2 } as const
  await using first = await locks.acquire(name, permit)
  await using second = await others.acquire(name, permit)
  expect([first.held, second.held]).toEqual([true, true])
  expect(await codeOf(locks.acquire(name, { ...permit, waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  await first.release()
  expect((await locks.acquire(name, permit)).held).toBe(true)
  await Promise.all(theirs.map((each) => each.release()))
})

test.concurrent('redis-semaphore: new MultiSemaphore(client, name, n, permits)', async () => {
  const [name, other] = [freshName(), freshName()]
  const theirs = [2, 2].map((permits) => new MultiSemaphore(redis, other, 3, permits, { acquireAttemptsLimit: 1 }))
  expect(await Promise.all(theirs.map((each) => each.tryAcquire()))).toEqual([true, false])

  let [out, most] = [0, 0]
  const work = async (by: Locker): Promise<void> => {
    const leases = await permitsOf(by, name, 3, 2)
    most = Math.max(most, (out += leases.length))
    await Promise.resolve()
    out -= leases.length
    await Promise.all(leases.map((lease) => lease.release()))
  }
  await Promise.all([locks, others, locks, others, locks].map(work)) // none waits for what another one keeps
  expect(most).toBe(2)
  await Promise.all(theirs.map((each) => each.release()))
})

/**
 * The code of docs/migrating.md: under a lock of their own, so that no two callers each hold a part and wait for the
 * rest.
 */
async function permitsOf(by: Locker, name: string, n: number, permits: number): Promise<Lease[]> {
  return by.request(`${name}:several`, async () => {
    const leases: Lease[] = []
    try {
      while (leases.length < permits) leases.push(await by.acquire(name, { mode: 'shared', limit: n }))
      return leases
    } catch (error) {
      await Promise.all(leases.map((lease) => lease.release()))
      throw error
    }
  })
}
