import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { openServer, openWorld } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

/** The globals of a platform with `fetch` and little else. No `process`, `Buffer`, `setImmediate` or module loader. */
const {
  AbortController,
  AbortSignal,
  Blob,
  EventTarget,
  Headers,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  atob,
  clearTimeout,
  console,
  crypto,
  fetch,
  performance,
  queueMicrotask,
  setTimeout,
} = globalThis
const edge = {
  AbortController,
  AbortSignal,
  Blob,
  EventTarget,
  Headers,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  atob,
  clearTimeout,
  console,
  crypto,
  fetch,
  performance,
  queueMicrotask,
  setTimeout,
}

test('locks are taken, waited for and released where only fetch exists', async () => {
  await using world = await openWorld(server)
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createLocker } from '@holdfast/core'
        import { Redis } from '@upstash/redis/cloudflare'
        import { upstashBackend } from './src/index.ts'
        const open = () => createLocker({ backend: upstashBackend(new Redis({ url, token })) })
        globalThis.result = (async () => {
          const [one, other] = [open(), open()]
          const lease = await one.acquire('edge')
          const waiting = other.acquire('edge')
          const said = [await other.tryAcquire('edge'), await lease.release()]
          const next = await waiting
          said.push(next.fence > lease.fence, await next.release())
          await Promise.all([one.close(), other.close()])
          return JSON.stringify(said)
        })()`,
      resolveDir: `${import.meta.dirname}/..`,
    },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  })
  const { url, token } = world.gateway
  const context = createContext({ ...edge, url, token })
  runInContext(outputFiles.map(({ text }) => text).join(''), context)
  expect(JSON.parse(String(await Reflect.get(context, 'result')))).toEqual([null, 'released', true, 'released'])
})
