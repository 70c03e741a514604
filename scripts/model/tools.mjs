import { join } from 'node:path'
import { byApt } from '../../packages/testkit/dist/postgres/apt.js'
import { onPath, run } from '../../packages/testkit/dist/postgres/tools.js'

/** @typedef {{ readonly spin: string, readonly compiler: string, readonly version: string }} Tools */

const TIMEOUT = { timeoutMs: 10_000 }

/** The package of Debian and Ubuntu, of which one file is used. */
const PACKAGE = {
  entry: 'spin-',
  packages: async () => ['spin'],
  /** @param {string} tree */
  open: (tree) => identify(join(tree, 'usr', 'bin', 'spin')),
}

/**
 * Finds Spin and a C compiler, or answers, in words, why there is none.
 * @param {(line: string) => void} onProgress
 * @returns {Promise<Tools | string>}
 */
export async function findTools(onProgress) {
  const compiler = (await onPath('cc')) ?? (await onPath('gcc')) ?? (await onPath('clang'))
  if (compiler === undefined) return 'there is no C compiler on PATH'
  const installed = await onPath('spin')
  const spin = installed === undefined ? await byApt(PACKAGE, onProgress) : await identify(installed).catch(String)
  return typeof spin === 'string' ? `there is no Spin: ${spin}` : { ...spin, compiler }
}

/** Rejects when the program is another one of that name. @param {string} spin */
async function identify(spin) {
  const [version] = /Spin Version \S+/.exec(await run(spin, ['-V'], TIMEOUT)) ?? []
  if (version === undefined) throw new Error(`${spin} is no model checker`)
  return { spin, version }
}
