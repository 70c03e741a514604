import { afterEach, expect, test, vi } from 'vitest'
import { createLocker, memoryBackend } from '../../src/index.js'

afterEach(() => vi.unstubAllGlobals())

test('where the platform gives no random values, as Cloudflare Workers at module scope, construction says what to do', () => {
  const refusal = new Error('Disallowed operation called within global scope.')
  vi.stubGlobal('crypto', {
    getRandomValues: () => {
      throw refusal
    },
  })
  const construct = (): unknown => createLocker({ backend: memoryBackend() })
  expect(construct).toThrow(/within each request, not at module scope/)
  expect(construct).toThrow(expect.objectContaining({ cause: refusal }))
})
