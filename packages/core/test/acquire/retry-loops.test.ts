import { expect, test } from 'vitest'
import { BackendError, createLocker, type LockBackend, type Locker, LockError, memoryBackend } from '../../src/index.js'

const refusing = (): LockBackend => ({
  ...memoryBackend(),
  acquire: () => Promise.reject(new BackendError('wrong password', { executed: 'no', retryable: false })),
})

const closedLocker = async (options: { readonly observer?: object } = {}) => {
  const locks = createLocker({ backend: memoryBackend(), ...options })
  await locks.close()
  return locks
}

test.each([
  ['refuses for good', async () => createLocker({ backend: refusing() })],
  [
    'refuses for good, and is observed',
    async () => createLocker({ backend: refusing(), observer: { failed: () => {} } }),
  ],
  ['is closed', () => closedLocker()],
  ['is closed, and is observed', () => closedLocker({ observer: { failed: () => {} } })],
])('a caller that asks again and again lets timers run where the store %s', async (_, make) => {
  const locks = await make()
  let fired = false
  setTimeout(() => (fired = true), 1)
  let tries = 0
  for (const until = performance.now() + 20_000; !fired && performance.now() < until; tries++) {
    await expect(locks.acquire('name')).rejects.toThrow(LockError)
  }
  expect([fired, tries > 0]).toEqual([true, true])
})

test.each([
  ['tryAcquire', (locks: Locker) => locks.tryAcquire('name')],
  ['tryAcquire of two names', (locks: Locker) => locks.tryAcquire(['name', 'other'])],
  ['request with ifAvailable', (locks: Locker) => locks.request('name', { ifAvailable: true }, (lease) => lease)],
  ['inspect', (locks: Locker) => locks.inspect('name')],
  ['forceRelease', (locks: Locker) => locks.forceRelease('another')],
  ['acquire and release', (locks: Locker) => locks.request('another', () => {})],
])('a loop of %s over a store in memory lets timers run', async (_, call) => {
  const locks = createLocker({ backend: memoryBackend() })
  await locks.acquire('name')
  let fired = false
  setTimeout(() => (fired = true), 1)
  for (const until = performance.now() + 20_000; !fired && performance.now() < until;) await call(locks)
  expect(fired).toBe(true)
  await locks.close()
})
