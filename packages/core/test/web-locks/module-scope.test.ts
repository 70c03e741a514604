import { afterEach, expect, test, vi } from 'vitest'
import { createLocker, memoryBackend, toLockManager } from '../../src/index.js'

afterEach(() => void vi.restoreAllMocks())

/** A call that an edge runtime refuses outside of a request. */
const refuse = (): never => {
  throw new Error('Disallowed operation called within global scope.')
}

test('a manager can be made at module scope of an edge runtime: without random numbers, digests and timers', async () => {
  vi.spyOn(console, 'warn').mockReturnValue()
  const spies = [
    vi.spyOn(crypto, 'randomUUID').mockImplementation(refuse),
    vi.spyOn(crypto, 'getRandomValues').mockImplementation(refuse),
    vi.spyOn(crypto.subtle, 'digest').mockImplementation(refuse),
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(refuse),
  ]
  const locks = createLocker({ backend: memoryBackend(), label: 'edge' })
  const managers = [toLockManager(locks), toLockManager(locks)] as const
  for (const spy of spies) spy.mockRestore()
  const ids = new Set<unknown>()
  for (const manager of managers)
    for (const name of ['first', 'second'])
      await manager.request(name, async () => {
        for (const { clientId } of (await manager.query()).held) ids.add(clientId)
      })
  expect(ids.size).toBe(2)
  for (const id of ids) expect(id).toMatch(/^edge /)
  await locks.close()
})
