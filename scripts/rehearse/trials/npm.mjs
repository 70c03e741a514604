import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstSnippet } from '../readme.mjs'
import { run } from '../run.mjs'
import { entriesOf, writeEntryPrograms } from './entries.mjs'
import { everything, npmInstall, tested } from './stranger.mjs'

/** @typedef {import('./stranger.mjs').Rehearsal} Rehearsal */

const LIBRARY_CHECKED = { strict: true, skipLibCheck: false, noEmit: true, target: 'es2022', types: ['node'] }
const RESOLUTIONS = {
  nodenext: { options: { module: 'nodenext' }, files: ['entries.ts', 'entries.cts', 'snippet.ts'] },
  bundler: { options: { module: 'esnext', moduleResolution: 'bundler' }, files: ['entries.ts', 'snippet.ts'] },
}

/**
 * Everything in one project, installed by npm. The programs of the runtimes run in it.
 *
 * @param {Rehearsal} rehearsal
 */
export async function installEverything({ places, results, manifests, env, redis }) {
  const tools = Object.fromEntries(['typescript', '@types/node'].map((name) => [name, tested(name, manifests)]))
  const path = places.project('everything', { dependencies: { ...everything(manifests), ...tools } })
  writeEntryPrograms(path, entriesOf(manifests))
  const { code } = firstSnippet(places.copy, redis.url)
  for (const name of ['snippet.ts', 'snippet.mjs']) writeFileSync(join(path, name), code)
  for (const name of ['memory.mjs', 'ioredis.mjs', 'node-redis.mjs', 'worker.mjs']) places.program(name, path)
  await results.attempt('npm', 'installs every package', () => npmInstall(path, env))
  return path
}

/**
 * The type checker over every entry and the snippet, its libraries included.
 *
 * @param {Rehearsal} rehearsal @param {string} path
 */
export async function checkTypes({ results, manifests, env }, path) {
  for (const [resolution, { options, files }] of Object.entries(RESOLUTIONS)) {
    await results.attempt(`TypeScript ${resolution}`, 'strict, skipLibCheck: false', async () => {
      const file = `${resolution}.json`
      writeFileSync(join(path, file), JSON.stringify({ compilerOptions: { ...LIBRARY_CHECKED, ...options }, files }))
      await run(['npx', '--no-install', 'tsc', '--project', file], { cwd: path, env, limitMs: 180_000 })
      return `${entriesOf(manifests).length} entries, and the README`
    })
  }
}
