// Rests on locks.query().
import { createLocker, memoryBackend } from '@holdfast/core'
import { expect, test } from 'vitest'
import { eventually, freshName } from '../support/eventually.js'
import { openStage } from './stage.js'

const { locks } = await openStage()

test.concurrent('Web Locks: navigator.locks.query()', async () => {
  for (const each of [createLocker({ backend: memoryBackend() }), locks]) {
    const name = freshName()
    const lease = await each.acquire(name)
    const { held: holders } = await each.query()
    expect(holders.filter((one) => one.name === name)).toMatchObject([{ mode: 'exclusive', fence: lease.fence }])
    const next = each.acquire(name, { mode: 'shared' })
    await eventually(async () => {
      const { pending } = await each.query()
      expect(pending.filter((one) => one.name === name)).toMatchObject([{ mode: 'shared', place: 0 }])
    })
    await lease.release()
    await (await next).release()
    const { held, pending } = await each.query()
    expect([...held, ...pending].filter((one) => one.name === name)).toEqual([])
  }
})
