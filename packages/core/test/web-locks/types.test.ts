import { expect, expectTypeOf, test } from 'vitest'
import { createLocker, type Locker, memoryBackend, toLockManager } from '../../src/index.js'

/** A function written for `navigator.locks`, with types of the platform only. */
async function writtenForThePlatform(locks: LockManager): Promise<readonly unknown[]> {
  const count = await locks.request('count', async (lock): Promise<number> => (lock === null ? 0 : 1))
  const mode = await locks.request(
    'mode',
    { mode: 'shared', signal: AbortSignal.timeout(60_000) },
    (lock) => lock?.mode,
  )
  const { held, pending } = await locks.query()
  expectTypeOf(count).toEqualTypeOf<number>()
  expectTypeOf(mode).toEqualTypeOf<LockMode | undefined>()
  expectTypeOf(held).toEqualTypeOf<LockInfo[] | undefined>()
  return [count, mode, held, pending]
}

test('a manager is of the type of the platform, and answers what its callbacks answer', async () => {
  await using locks: Locker = createLocker({ backend: memoryBackend() })
  const manager: LockManager = toLockManager(locks)
  const platform: Pick<Navigator, 'locks'> = { locks: toLockManager(locks) }
  expectTypeOf(toLockManager).parameters.toEqualTypeOf<[locks: Locker]>()
  expectTypeOf(toLockManager(locks)).toExtend<LockManager>()
  // @ts-expect-error -- there is no such mode, also not for who does not name the type of the platform
  const refused = toLockManager(locks).request('name', { mode: 'read' }, () => {})
  await expect(refused).rejects.toThrow(TypeError)
  expect(await writtenForThePlatform(manager)).toEqual([1, 'shared', [], []])
  expect(await writtenForThePlatform(platform.locks)).toEqual([1, 'shared', [], []])
})
