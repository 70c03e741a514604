import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

// Throws "Illegal invocation", as browsers and workerd do.
function strict(call: (...args: never[]) => unknown) {
  return function (this: unknown, ...args: never[]): unknown {
    if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation')
    return call(...args)
  }
}

test('a platform whose timers refuse to be called as methods of another object', async () => {
  for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'queueMicrotask'] as const) {
    vi.stubGlobal(name, strict(globalThis[name]))
  }
  vi.resetModules()
  const { createLocker, memoryBackend, memoryStore } = await import('../../src/index.js')
  const store = memoryStore()
  const [one, other] = [0, 1].map(() => createLocker({ backend: memoryBackend({ store }) }))
  const lease = await one?.acquire('name')
  const waiting = other?.acquire('name', { waitMs: 10_000 })
  await lease?.release()
  expect(await (await waiting)?.release()).toBe('released')
  await Promise.all([one?.close(), other?.close()])
})
