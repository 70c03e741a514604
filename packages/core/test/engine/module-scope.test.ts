import { afterEach, expect, test, vi } from 'vitest'
import { createLocker, memoryBackend } from '../../src/index.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('where the platform gives no random values, as Cloudflare Workers at module scope, construction says what to do', () => {
  const warnings = vi.spyOn(console, 'warn').mockReturnValue()
  createLocker({ backend: memoryBackend() })
  expect(warnings).not.toHaveBeenCalled()
  vi.stubGlobal('crypto', {
    getRandomValues: () => {
      throw new Error('Disallowed operation called within global scope.')
    },
  })
  createLocker({ backend: memoryBackend() })
  expect(warnings.mock.calls).toEqual([
    [expect.stringMatching(/create the client, .* and the locker within each request/)],
  ])
})
