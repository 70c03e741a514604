// The programs of the rehearsal, by exact version. No program is a dependency of the repository: their size would slow
// down every install.
const { arch, platform } = process

/** From 6.9 on, verdaccio needs Node 22, but the rehearsal runs on every Node that is supported. */
export const REGISTRY = {
  dependencies: { verdaccio: '6.8.0' },
  // Verdaccio asks for a tag of node-fetch, which mirrors of a registry may not carry.
  overrides: { 'node-fetch': '2.7.0' },
}

export const EDGE = { dependencies: { miniflare: '4.20260730.0', esbuild: '0.28.2' } }

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} source the package with the binary for this platform, and its exact version
 * @property {string} binary the file in it
 * @property {readonly string[]} [args] before the program
 */

const nodes = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'

/** Node: the lowest that is supported, and the newest of each later line. @type {readonly Runtime[]} */
export const RUNTIMES = [
  ...['20.19.0', '22.23.3', '24.21.0', '26.10.0'].map((version) => ({
    name: `Node ${version}`,
    source: `${nodes}-${platform}-${arch}@${version}`,
    binary: 'bin/node',
  })),
  {
    name: 'Bun 1.4.5',
    source: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}@1.4.5`,
    binary: 'bin/bun',
  },
  {
    name: 'Deno 2.9.6',
    source: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}@2.9.6`,
    binary: 'deno',
    args: ['run', '--allow-all', '--node-modules-dir=manual', '--no-remote'],
  },
]
