import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './places.mjs'
import { run } from './run.mjs'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, unknown>} exports
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 * @property {Record<string, string>} [devDependencies]
 */

/** Git needs an author, and must not sign. */
const AS_SOMEBODY = {
  GIT_AUTHOR_NAME: 'rehearsal',
  GIT_AUTHOR_EMAIL: 'rehearsal@localhost',
  GIT_COMMITTER_NAME: 'rehearsal',
  GIT_COMMITTER_EMAIL: 'rehearsal@localhost',
  GIT_CONFIG_GLOBAL: '/dev/null',
}

/**
 * Copies the repository as it lies here, and versions and builds the packages there, as a release does.
 *
 * @param {import('./places.mjs').Places} places
 */
export async function prepareRelease({ copy }) {
  await copyRepository(copy)
  const cwd = copy
  await run(pnpm('install', '--frozen-lockfile', '--prefer-offline', '--silent'), { cwd, limitMs: 300_000 })
  // With no changesets left the packages are those of a release that has been made, and are published as they are.
  const changesets = readdirSync(join(copy, '.changeset')).filter((file) => file.endsWith('.md'))
  if (changesets.length > 0) await run(['npx', 'changeset', 'version'], { cwd })
  await commit(copy, 'Release')
  const build = pnpm('exec', 'turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=errors-only')
  await run(build, { cwd, env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' }, limitMs: 400_000 })
}

/**
 * Publishes every package as the release workflow does, but to the local registry.
 *
 * @param {import('./places.mjs').Places} places
 * @param {string} registry
 * @param {NodeJS.ProcessEnv} env of strangers: in it, no settings and no credentials but those for the local registry
 */
export async function publish({ copy }, registry, env) {
  const options = { cwd: copy, env: { ...env, ...AS_SOMEBODY, CI: 'true' }, limitMs: 180_000 }
  for (const manager of [/** @type {const} */ (['npm']), pnpm()]) {
    const asked = (await run([...manager, 'config', 'get', 'registry'], options)).trim()
    if (asked !== registry) throw new Error(`${manager.join(' ')} would publish to ${asked}`)
  }
  await run(pnpm('exec', 'changeset', 'publish'), options)
  const manifests = manifestsOf(copy)
  for (const { name, version } of manifests) {
    const answer = await fetch(`${registry}${name}/${version}`)
    if (!answer.ok) throw new Error(`${name}@${version} is not in the registry`)
  }
  return manifests
}

/** Those of the packages that are published. @param {string} root @returns {Manifest[]} */
export function manifestsOf(root) {
  return readdirSync(join(root, 'packages'))
    .map((folder) => join(root, 'packages', folder, 'package.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')))
    .filter((manifest) => manifest.private !== true)
}

/** @param {...string} args @returns {[string, ...string[]]} */
function pnpm(...args) {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return ['npx', '--yes', packageManager, ...args]
}

/** The files that git knows or would add, in a repository of their own: changesets asks git. @param {string} copy */
async function copyRepository(copy) {
  const listed = await run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  for (const file of listed.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name))))
    cpSync(join(ROOT, file), join(copy, file), { recursive: true })
  await run(['git', 'init', '--quiet', '--initial-branch=main'], { cwd: copy })
  await commit(copy, 'The repository as it lies there')
}

/** @param {string} cwd @param {string} message */
async function commit(cwd, message) {
  await run(['git', 'add', '--all'], { cwd })
  const env = { ...process.env, ...AS_SOMEBODY }
  await run(['git', 'commit', '--quiet', '--allow-empty', '--message', message], { cwd, env })
}
