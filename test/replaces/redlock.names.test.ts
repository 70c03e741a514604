// Rests on several names in one call: locks.acquire(['a', 'b']).
import Redlock from 'redlock'
import { expect, test } from 'vitest'
import { freshName } from '../support/eventually.js'
import { openStage } from './stage.js'

const { locks, redis, isFree } = await openStage()
const redlock = new Redlock([redis], { retryCount: 0 })

test.concurrent('redlock: redlock.acquire([a, b], ttl)', async () => {
  const [a, b, c] = [freshName(), freshName(), freshName()]
  const theirs = await redlock.acquire([c], 5_000)
  expect(await locks.tryAcquire([a, b, c])).toBeNull()
  expect([await isFree(a), await isFree(b)]).toEqual([true, true])
  await theirs.release()

  await using lease = await locks.acquire([a, b, c], { ttlMs: 5_000 })
  expect(lease.names).toEqual([a, b, c])
  expect([await isFree(a), await isFree(b), await isFree(c)]).toEqual([false, false, false])
  expect(await lease.release()).toBe('released')
  expect([await isFree(a), await isFree(b), await isFree(c)]).toEqual([true, true, true])
})
