import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../places.mjs'
import { run } from '../run.mjs'

/** Of the peers that a user may leave out, those that the programs of the rehearsal use. */
const USED = ['ioredis', 'pg', 'vitest']

/**
 * All that the trials share.
 *
 * @typedef {object} Rehearsal
 * @property {import('../places.mjs').Places} places
 * @property {import('../results.mjs').Results} results
 * @property {readonly import('../release.mjs').Manifest[]} manifests
 * @property {NodeJS.ProcessEnv} env of strangers
 * @property {{ url: string }} redis
 * @property {{ url: string, token: string }} gateway
 */

/**
 * Every published package, and every client and tool beside it, by the version with which the repository tests.
 *
 * @param {readonly import('../release.mjs').Manifest[]} manifests
 */
export function everything(manifests) {
  const ours = manifests.map(({ name, version }) => [name, version])
  const peers = manifests.flatMap(({ peerDependencies = {}, peerDependenciesMeta = {} }) =>
    Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional || USED.includes(name)),
  )
  return Object.fromEntries([...ours, ...peers.map((name) => [name, tested(name, manifests)])])
}

/**
 * The exact version of a package that the repository installs.
 *
 * @param {string} name @param {readonly import('../release.mjs').Manifest[]} manifests
 * @returns {string}
 */
export function tested(name, manifests) {
  const all = [JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')), ...manifests]
  const version = all.map(({ devDependencies = {} }) => devDependencies[name]).find((each) => /^\d/.test(each ?? ''))
  if (version === undefined) throw new Error(`${name} is a peer, but no package.json has a tested version of it`)
  return version
}

/** Installs as a user does who has npm and an empty cache. @param {string} cwd @param {NodeJS.ProcessEnv} env */
export async function npmInstall(cwd, env) {
  await run(['npm', 'install', '--no-progress'], { cwd, env, limitMs: 240_000 })
}
