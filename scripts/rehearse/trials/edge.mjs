import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from '../run.mjs'
import { EDGE } from '../versions.mjs'

const REQUESTS = 4

/**
 * Fetches workerd. Answers the folder, or why it cannot be had here.
 *
 * @param {import('../places.mjs').Places} places
 * @returns {Promise<{ path?: string, reason?: string }>}
 */
export async function fetchEdge(places) {
  const path = places.project('edge', EDGE)
  try {
    const options = { cwd: path, limitMs: 240_000 }
    await run(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress'], options)
    return { path }
  } catch (error) {
    return { reason: `workerd cannot be had: ${String(error)}`.replaceAll(/\s+/g, ' ') }
  }
}

/**
 * Several requests at once for one name, each of which gets it.
 *
 * @param {import('./stranger.mjs').Rehearsal} rehearsal @param {string} path
 * @param {Awaited<ReturnType<typeof fetchEdge>>} edge
 */
export async function tryEdge({ results, gateway }, path, edge) {
  const where = `workerd, miniflare ${EDGE.dependencies.miniflare}`
  const ran = 'core with Upstash, over HTTP'
  if (edge.path === undefined) return results.notTried(where, ran, edge.reason ?? '')
  const load = createRequire(pathToFileURL(join(edge.path, 'package.json')))
  await results.attempt(where, ran, async () => {
    const bundle = await load('esbuild').build({
      entryPoints: [join(path, 'worker.mjs')],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['workerd', 'worker'],
      write: false,
      logLevel: 'silent',
    })
    const { Miniflare } = load('miniflare')
    const worker = new Miniflare({
      modules: true,
      script: bundle.outputFiles[0].text,
      compatibilityDate: '2026-07-01',
      bindings: { URL: gateway.url, TOKEN: gateway.token },
    })
    try {
      const requests = Array.from({ length: REQUESTS }, () => worker.dispatchFetch('http://localhost/'))
      /** @type {string[]} */
      const answers = await within(60_000, Promise.all(requests.map(async (request) => (await request).text())))
      if (answers.some((answer) => answer !== 'true')) throw new Error(`answers ${answers.join(', ')}`)
    } finally {
      await worker.dispose()
    }
    return `${REQUESTS} requests at once for one name`
  })
}

/** @template T @param {number} ms @param {Promise<T>} promise @returns {Promise<T>} */
function within(ms, promise) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not answered within ${ms / 1_000} s`)), ms).unref()
  })
  return Promise.race([promise, late])
}
