import { createLocker, type Lease, type Locker, memoryBackend } from '@holdfast/core'
import { E_ALREADY_LOCKED, E_CANCELED, E_TIMEOUT, Mutex, Semaphore, tryAcquire, withTimeout } from 'async-mutex'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { BRIEF_MS, codeOf, openStage } from './stage.js'

const stage = await openStage()

/** The same code over memory and over Redis. */
const both: readonly Locker[] = [createLocker({ backend: memoryBackend() }), stage.locks]

const count = async (add: () => Promise<unknown>): Promise<void> => void (await Promise.all([add(), add(), add()]))

test.concurrent('async-mutex: new Mutex()', async () => {
  for (const locks of both) {
    const [name, other] = [freshName(), freshName()]
    await using one = await locks.acquire(name)
    await using two = await locks.acquire(other) // a mutex for each name
    expect([one.held, two.held]).toEqual([true, true])
  }
})

test.concurrent('async-mutex: mutex.runExclusive(callback)', async () => {
  const name = freshName()
  const mutex = new Mutex()
  let [sum, inside] = [0, 0]
  const add = async (): Promise<void> => {
    expect((inside += 1)).toBe(1)
    const before = sum
    await new Promise((resolve) => setImmediate(resolve))
    sum = before + 1
    inside -= 1
  }
  await count(() => mutex.runExclusive(add))
  for (const locks of both) await count(() => locks.request(name, add))
  expect(sum).toBe(9)
})

test.concurrent('async-mutex: const release = await mutex.acquire()', async () => {
  for (const locks of both) {
    const name = freshName()
    {
      await using lease = await locks.acquire(name)
      expect(lease.held).toBe(true)
      expect(await locks.tryAcquire(name)).toBeNull()
    }
    expect(await locks.inspect(name)).toBeNull()
  }
})

test.concurrent('async-mutex: release(), mutex.release()', async () => {
  for (const locks of both) {
    const name = freshName()
    const lease = await locks.acquire(name)
    const next = locks.acquire(name)
    expect(await lease.release()).toBe('released')
    expect(await lease.release()).toBe('released') // once more does nothing to the next one
    expect((await next).held).toBe(true)
    await (await next).release()
  }
})

test.concurrent('async-mutex: mutex.isLocked()', async () => {
  const mutex = new Mutex()
  await mutex.acquire()
  expect(mutex.isLocked()).toBe(true)
  for (const locks of both) {
    const name = freshName()
    expect((await locks.inspect(name)) !== null).toBe(false)
    await locks.acquire(name)
    expect((await locks.inspect(name)) !== null).toBe(true)
  }
})

test.concurrent('async-mutex: mutex.waitForUnlock()', async () => {
  const mutex = new Mutex()
  const release = await mutex.acquire()
  const order: string[] = []
  const theirs = mutex.waitForUnlock().then(() => order.push('theirs'))
  release()
  await theirs
  for (const locks of both) {
    const name = freshName()
    const lease = await locks.acquire(name)
    const unlocked = locks.request(name, { mode: 'shared' }, () => order.push('ours'))
    expect(await Promise.race([unlocked, locks.inspect(name)])).toMatchObject({ mode: 'exclusive' })
    await lease.release()
    await unlocked
  }
  expect(order).toEqual(['theirs', 'ours', 'ours'])
})

test.concurrent('async-mutex: mutex.cancel()', async () => {
  const mutex = new Mutex()
  await mutex.acquire()
  const theirs = rejection(mutex.acquire())
  mutex.cancel()
  expect(await theirs).toBe(E_CANCELED)
  for (const locks of both) {
    const name = freshName()
    await using lease = await locks.acquire(name)
    const waiters = new AbortController()
    const waits = [1, 2, 3].map(() => rejection(locks.acquire(name, { signal: waiters.signal })))
    waiters.abort(E_CANCELED)
    expect(await Promise.all(waits)).toEqual([E_CANCELED, E_CANCELED, E_CANCELED])
    expect(lease.held).toBe(true)
  }
})

test.concurrent('async-mutex: withTimeout(mutex, ms)', async () => {
  const mutex = new Mutex()
  await mutex.acquire()
  expect(await rejection(withTimeout(mutex, 20).acquire())).toBe(E_TIMEOUT)
  for (const locks of both) {
    const name = freshName()
    await locks.acquire(name)
    expect(await codeOf(locks.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
  }
})

test.concurrent('async-mutex: tryAcquire(mutex)', async () => {
  const mutex = new Mutex()
  await mutex.acquire()
  expect(await rejection(tryAcquire(mutex).acquire())).toBe(E_ALREADY_LOCKED)
  for (const locks of both) {
    const name = freshName()
    await locks.acquire(name)
    expect(await locks.tryAcquire(name)).toBeNull()
  }
})

test.concurrent('async-mutex: new Semaphore(n)', async () => {
  for (const locks of both) {
    const name = freshName()
    const permit = { mode: 'shared', limit: 2 } as const
    const [first] = await Promise.all([locks.acquire(name, permit), locks.acquire(name, permit)])
    let third: Lease | undefined
    const waiting = locks.acquire(name, permit).then((lease) => (third = lease))
    expect(await locks.tryAcquire(name, permit)).toBeNull()
    expect(third).toBeUndefined()
    await first.release()
    expect((await waiting).held).toBe(true)
  }
})

test.concurrent('async-mutex: semaphore.getValue()', async () => {
  const semaphore = new Semaphore(3)
  await semaphore.acquire()
  for (const locks of both) {
    const name = freshName()
    const left = async (): Promise<number> => 3 - ((await locks.inspect(name))?.holders.length ?? 0)
    expect(await left()).toBe(3)
    await locks.acquire(name, { mode: 'shared', limit: 3 })
    await eventually(async () => expect(await left()).toBe(semaphore.getValue()))
  }
})

test.concurrent('async-mutex: E_TIMEOUT, E_ALREADY_LOCKED, E_CANCELED', async () => {
  for (const locks of both) {
    const name = freshName()
    await locks.acquire(name)
    expect(await codeOf(locks.acquire(name, { waitMs: BRIEF_MS }))).toBe('LOCK_BUSY')
    expect(await locks.tryAcquire(name)).toBeNull()
    expect(await rejection(locks.acquire(name, { signal: AbortSignal.abort(E_CANCELED) }))).toBe(E_CANCELED)
  }
})
