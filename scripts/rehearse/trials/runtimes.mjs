import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { checkPrinted, firstSnippet } from '../readme.mjs'
import { run } from '../run.mjs'
import { checkLoaded, entriesOf } from './entries.mjs'
import { RUNTIMES } from '../versions.mjs'

/** @typedef {import('../versions.mjs').Runtime} Runtime */

const TRIALS = ['each entry, import and require', 'README', 'suite: memory', 'suite: ioredis', 'suite: node-redis']

/**
 * Fetches the binary of each runtime. Answers where it is, or why it cannot be had here.
 *
 * @param {import('../places.mjs').Places} places
 * @returns {Promise<readonly { runtime: Runtime, binary?: string, reason?: string }[]>}
 */
export async function fetchRuntimes(places) {
  const fetched = []
  for (const [index, runtime] of RUNTIMES.entries()) {
    const at = runtime.source.lastIndexOf('@')
    const dependencies = { [runtime.source.slice(0, at)]: runtime.source.slice(at + 1) }
    const path = places.project(`runtime-${index}`, { dependencies })
    const binary = join(path, 'node_modules', runtime.source.slice(0, at), runtime.binary)
    try {
      const options = { cwd: path, limitMs: 180_000 }
      await run(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress'], options)
      if (!existsSync(binary)) throw new Error(`${runtime.source} has no ${runtime.binary}`)
      await run([binary, '--version'], { cwd: path, limitMs: 30_000 })
      fetched.push({ runtime, binary })
    } catch (error) {
      fetched.push({ runtime, reason: `${runtime.source} cannot be had: ${String(error)}`.replaceAll(/\s+/g, ' ') })
    }
  }
  return fetched
}

/**
 * Loads every entry, runs the README and the conformance suite in the project with everything.
 *
 * @param {import('./stranger.mjs').Rehearsal} rehearsal @param {string} path
 * @param {Awaited<ReturnType<typeof fetchRuntimes>>[number]} fetched
 */
export async function tryRuntime(rehearsal, path, { runtime, binary, reason = '' }) {
  const { places, results, manifests, env, redis } = rehearsal
  const { name, args = [] } = runtime
  if (binary === undefined) {
    for (const trial of TRIALS) results.notTried(name, trial, reason)
    return
  }
  const [loads, readme] = TRIALS
  const own = { ...env, PATH: [dirname(binary), env.PATH].join(delimiter), REDIS_URL: redis.url }
  /** @param {string} file */
  const program = (file) => run([binary, ...args, file], { cwd: path, env: own })
  const entries = entriesOf(manifests).length
  await results.attempt(name, loads ?? '', async () => {
    for (const each of ['entries.mjs', 'entries.cjs']) checkLoaded(await program(each), entries)
    return `${entries} entries`
  })
  const { prints } = firstSnippet(places.copy, redis.url)
  await results.attempt(name, readme ?? '', async () => checkPrinted(await program('snippet.mjs'), prints))
  for (const store of ['memory', 'ioredis', 'node-redis']) {
    const suiteEnv = { ...own, PREFIX: `${name}:${store}` }
    /** Through npx, where npx starts this runtime. @type {[string, ...string[]]} */
    const command = name.startsWith('Node')
      ? ['npx', '--no-install', 'holdfast-conformance']
      : [binary, ...args, 'node_modules/@holdfast/testkit/dist/bin.js']
    await results.attempt(name, `suite: ${store}`, async () => {
      const report = await run([...command, `./${store}.mjs`], { cwd: path, env: suiteEnv, limitMs: 180_000 })
      const verdict = report.trimEnd().split('\n').at(-1) ?? ''
      if (!verdict.startsWith('PASS:')) throw new Error(verdict)
      return verdict
    })
  }
}
