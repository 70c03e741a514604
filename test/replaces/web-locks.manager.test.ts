// Rests on toLockManager(locks).
import { createLocker, memoryBackend, toLockManager } from '@holdfast/core'
import { expect, test } from 'vitest'
import { eventually, freshName, rejection } from '../support/eventually.js'
import { openStage } from './stage.js'

const { locks } = await openStage()

test.concurrent('Web Locks: navigator.locks', async () => {
  for (const each of [createLocker({ backend: memoryBackend() }), locks]) {
    const name = freshName()
    const manager: LockManager = toLockManager(each)
    const outer = await manager.request(name, async (lock) => {
      expect([lock?.name, lock?.mode]).toEqual([name, 'exclusive'])
      expect(await manager.request(name, { ifAvailable: true }, (none) => none)).toBeNull()

      const controller = new AbortController()
      const waits = manager.request(name, { mode: 'shared', signal: controller.signal }, () => 'never')
      await eventually(async () => {
        const { held, pending } = await manager.query()
        expect(held?.filter((one) => one.name === name)).toMatchObject([{ mode: 'exclusive' }])
        expect(pending?.filter((one) => one.name === name)).toMatchObject([{ mode: 'shared' }])
      })
      controller.abort()
      expect(await rejection(waits)).toBe(controller.signal.reason)
      return 'the answer of the callback'
    })
    expect(outer).toBe('the answer of the callback')
  }
})
