import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../run.mjs'
import { npmInstall, tested } from './stranger.mjs'

/** The client that the README names first. */
const CLIENT = { '@holdfast/adapter-ioredis': 'ioredis', '@holdfast/adapter-postgres': 'pg' }

/**
 * Core, one adapter and its client, and nothing else: what arrives is the two packages and what the client brings by
 * itself.
 *
 * @param {import('./stranger.mjs').Rehearsal} rehearsal
 */
export async function tryEachAdapter({ places, results, manifests, env }) {
  const versions = Object.fromEntries(manifests.map(({ name, version }) => [name, version]))
  for (const { name, peerDependencies = {} } of manifests.filter((each) => each.name.includes('/adapter-'))) {
    const short = name.replace('@holdfast/', '')
    await results.attempt(short, 'with core and its client alone', async () => {
      const client = CLIENT[/** @type {keyof typeof CLIENT} */ (name)] ?? Object.keys(peerDependencies)[0] ?? ''
      const dependencies = { [client]: tested(client, manifests) }
      const alone = places.project(`client-of-${short}`, { dependencies })
      await run(['npm', 'install', '--package-lock-only', '--no-progress'], { cwd: alone, env })
      const ours = { '@holdfast/core': versions['@holdfast/core'], [name]: versions[name] }
      const path = places.project(short, { dependencies: { ...ours, ...dependencies } })
      await npmInstall(path, env)
      const expected = [...Object.keys(ours), ...arrived(alone)].toSorted()
      const there = arrived(path)
      if (there.join(' ') !== expected.join(' ')) throw new Error(`${there.join(' ')} instead of ${expected.join(' ')}`)
      const program = `import('${name}').then((adapter) => console.log(Object.keys(adapter).length > 0))`
      const loaded = await run(['node', '--eval', program], { cwd: path, env })
      if (loaded.trim() !== 'true') throw new Error(`${name} has no exports`)
      return `${there.length} packages: ${there.join(' ')}`
    })
  }
}

/** The names of the packages in a lockfile. @param {string} path @returns {string[]} */
function arrived(path) {
  const { packages } = JSON.parse(readFileSync(join(path, 'package-lock.json'), 'utf8'))
  const names = Object.keys(packages).map((folder) => folder.split('node_modules/').at(-1) ?? '')
  return [...new Set(names)].filter((name) => name !== '').toSorted()
}
