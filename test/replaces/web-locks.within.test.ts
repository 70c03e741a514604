// Rests on createLocker({ context: asyncContext() }).
import { createLocker, memoryBackend } from '@holdfast/core'
import { asyncContext } from '@holdfast/core/async-context'
import { expect, test } from 'vitest'
import { freshName } from '../support/eventually.js'
import { codeOf, openStage } from './stage.js'

const { open } = await openStage()

test.concurrent('Web Locks: request(name, …) inside request(name, …), which waits for itself', async () => {
  await using user = await open({ context: asyncContext({ nested: 'refuse' }) })
  const memory = createLocker({ backend: memoryBackend(), context: asyncContext({ nested: 'refuse' }) })
  for (const locks of [memory, user.locks]) {
    const name = freshName()
    const code = await locks.request(name, () => codeOf(locks.request(name, () => 'never')))
    expect(code).toBe('LOCK_UNSUPPORTED')
  }
})
