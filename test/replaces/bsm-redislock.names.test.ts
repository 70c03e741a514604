// Rests on several names in one call: locks.tryAcquire(['a', 'b']).
import { expect, test } from 'vitest'
import { freshName } from '../support/eventually.js'
import { openStage } from './stage.js'

const { locks, others, isFree } = await openStage()

test.concurrent('bsm/redislock: locker.ObtainMulti(ctx, keys, ttl, nil)', async () => {
  const [a, b] = [freshName(), freshName()]
  const other = await others.acquire(b)
  expect(await locks.tryAcquire([a, b], { ttlMs: 5_000 })).toBeNull()
  expect(await isFree(a)).toBe(true)
  await other.release()
  await using lease = await locks.tryAcquire([a, b], { ttlMs: 5_000 })
  expect(lease?.names).toEqual([a, b])
  expect([await isFree(a), await isFree(b)]).toEqual([false, false])
})
