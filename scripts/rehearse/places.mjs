import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/**
 * A temporary folder that is removed when this process ends: the copy of the repository, the tools, and the projects of
 * strangers, who have a HOME of their own.
 */
export function openPlaces() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rehearsal-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => process.exit(1))

  /** @param {string} name @param {object} manifest */
  const project = (name, manifest) => {
    const path = join(folder, name)
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module', ...manifest }, null, 2))
    return path
  }
  /** @param {string} name @param {string} path */
  const program = (name, path) => copyFileSync(join(import.meta.dirname, 'programs', name), join(path, name))

  return { folder, copy: join(folder, 'repository'), project, program }
}

/** @typedef {ReturnType<typeof openPlaces>} Places */

/**
 * The environment of strangers: nothing of this process but PATH, and that without the programs of this repository.
 *
 * @param {Places} places
 * @param {string} registry
 * @returns {NodeJS.ProcessEnv}
 */
export function strangersEnv({ folder }, registry) {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, '.npmrc'), npmrc(registry))
  return { PATH: strangersPath(), HOME: home, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' }
}

/** PATH without the folders of packages, this Node first. */
export function strangersPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((path) => !path.includes('node_modules'))
  return [dirname(process.execPath), ...folders].join(delimiter)
}

/**
 * The token is a dummy: package managers want one before they publish, and the registry does not look at it.
 *
 * @param {string} registry
 */
export function npmrc(registry) {
  const token = `//${new URL(registry).host}/:_authToken=rehearsal`
  return [`registry=${registry}`, token, 'audit=false', 'fund=false', 'update-notifier=false', ''].join('\n')
}
