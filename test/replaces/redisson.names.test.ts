// Rests on several names in one call: locks.acquire(['a', 'b']).
import { expect, test } from 'vitest'
import { eventually, freshName } from '../support/eventually.js'
import { BRIEF_MS, codeOf, openStage } from './stage.js'

const { locks, others, isFree } = await openStage()

test.concurrent('Redisson: redisson.getMultiLock(a, b)', async () => {
  const [a, b] = [freshName(), freshName()]
  const other = await others.acquire(b)
  expect(await codeOf(locks.acquire([a, b], { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  await eventually(async () => expect(await isFree(a)).toBe(true)) // once it has left the line
  await other.release()

  await using lease = await locks.acquire([a, b])
  expect(lease.fence).toBeNull()
  expect([...lease.fences.keys()]).toEqual([a, b])
  expect([await isFree(a), await isFree(b)]).toEqual([false, false])
})
