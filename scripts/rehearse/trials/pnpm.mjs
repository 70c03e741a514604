import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../places.mjs'
import { checkPrinted, firstSnippet } from '../readme.mjs'
import { run } from '../run.mjs'
import { checkLoaded, entriesOf, writeEntryPrograms } from './entries.mjs'
import { everything } from './stranger.mjs'

// By default, pnpm fails where a dependency has a build script. That of protobufjs, which GLIDE brings, is not needed.
const WORKSPACE = 'strictDepBuilds: false\n'

/**
 * Everything in one project, installed by pnpm, which shows a package nothing but its own dependencies.
 *
 * @param {import('./stranger.mjs').Rehearsal} rehearsal
 */
export async function tryPnpm({ places, results, manifests, env, redis }) {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const entries = entriesOf(manifests)
  const path = places.project('pnpm', { dependencies: everything(manifests) })
  const { code, prints } = firstSnippet(places.copy, redis.url)
  writeFileSync(join(path, 'pnpm-workspace.yaml'), WORKSPACE)
  writeFileSync(join(path, 'snippet.mjs'), code)
  writeEntryPrograms(path, entries)
  await results.attempt('pnpm', 'installs every package, loads each entry, README', async () => {
    const options = { cwd: path, env: { ...env, CI: 'true' }, limitMs: 240_000 }
    await run(['npx', '--yes', packageManager, 'install', '--no-frozen-lockfile', '--reporter=append-only'], options)
    for (const program of ['entries.mjs', 'entries.cjs'])
      checkLoaded(await run(['node', program], { cwd: path, env }), entries.length)
    return checkPrinted(await run(['node', 'snippet.mjs'], { cwd: path, env }), prints)
  })
}
