import { createLocker, type Locker, memoryBackend } from '@holdfast/core'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { openStage } from './stage.js'

const { locks } = await openStage()

/** The same code over memory and over Redis. */
const both: readonly Locker[] = [createLocker({ backend: memoryBackend() }), locks]

test.concurrent('Web Locks: navigator.locks.request(name, callback)', async () => {
  for (const each of both) {
    const name = freshName()
    const order: string[] = []
    const first = each.request(name, async () => {
      await eventually(async () => expect((await each.inspect(name))?.holders).toHaveLength(1))
      order.push('first')
      return 1
    })
    const second = each.request(name, { waitMs: Infinity }, () => {
      order.push('second')
      return 2
    })
    expect(await Promise.all([first, second])).toEqual([1, 2])
    expect(order).toEqual(['first', 'second'])
    const error = new Error('of the callback')
    expect(await rejection(each.request(name, () => Promise.reject(error)))).toBe(error)
    expect(await each.inspect(name)).toBeNull()
  }
})

test.concurrent("Web Locks: { mode: 'shared' }", async () => {
  for (const each of both) {
    const name = freshName()
    await each.request(name, { mode: 'shared' }, () =>
      each.request(name, { mode: 'shared', ifAvailable: true }, async (another) => {
        expect(another?.mode).toBe('shared')
        expect(await each.tryAcquire(name)).toBeNull()
      }),
    )
  }
})

test.concurrent('Web Locks: { ifAvailable: true }', async () => {
  for (const each of both) {
    const name = freshName()
    const answer = (): Promise<boolean> => each.request(name, { ifAvailable: true }, (lease) => lease !== null)
    expect(await each.request(name, answer)).toBe(false)
    expect(await answer()).toBe(true)
  }
})

test.concurrent('Web Locks: { signal }', async () => {
  for (const each of both) {
    const name = freshName()
    const controller = new AbortController()
    await each.request(name, async () => {
      const waits = each.request(name, { signal: controller.signal }, () => 'never')
      controller.abort()
      expect(await rejection(waits)).toBe(controller.signal.reason)
    })
    expect(controller.signal.reason).toMatchObject({ name: 'AbortError' })
  }
})

test.concurrent('Web Locks: lock.name, lock.mode', async () => {
  for (const each of both) {
    const name = freshName()
    const told = await each.request(name, (lease) => [lease.name, lease.mode])
    expect(told).toEqual([name, 'exclusive'])
  }
})
