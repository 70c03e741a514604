import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Manifest, packages, read, readJson, root } from '../workspace.js'

/** The rows of the tables in SECURITY.md: the product, the supported range, the versions in back-quotes. */
const rows = read('SECURITY.md')
  .split('\n## Supported versions\n')[1]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && !line.includes('---'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, what = '', supported = '', tested = '']) => ({
    what: what.split(',')[0] ?? '',
    supported: supported.replaceAll('`', ''),
    tested: codeIn(tested),
  }))
const rowOf = (what: string) => rows?.find((row) => row.what === what)

const manifests: readonly Manifest[] = [
  ...packages.map(({ manifest }) => manifest),
  readJson<Manifest>(join(root, 'package.json')),
  readJson<Manifest>(join(root, 'packages/nestjs/test/nest-11/package.json')),
]
const peers = Object.entries(
  packages.reduce<Record<string, string>>((all, { manifest }) => ({ ...all, ...manifest.peerDependencies }), {}),
)

/** The exact versions of a package that the repository installs: by its name, and by aliases such as `npm:redis@5.0.0`. */
function installed(name: string): string[] {
  const all = manifests.flatMap(({ devDependencies = {} }) => Object.entries(devDependencies))
  const versions = all.flatMap(([alias, version]) =>
    alias === name && /^\d/.test(version)
      ? [version]
      : version.startsWith(`npm:${name}@`)
        ? [version.split('@').at(-1) ?? '']
        : [],
  )
  return [...new Set(versions)].toSorted(byNumber)
}

describe('the supported versions of SECURITY.md', () => {
  test('of Node are those of package.json and of CI', () => {
    const matrix = /^\s*node: \[(.*)\]$/m.exec(read('.github/workflows/ci.yml'))?.[1] ?? ''
    const tested = [...matrix.matchAll(/'([^']+)'/g)].map(([, version = '']) => version)
    for (const { engines } of manifests) expect(rowOf('Node.js')?.supported).toBe(engines?.node)
    expect(rowOf('Node.js')?.tested).toEqual(tested)
    expect(tested.length).toBeGreaterThan(1)
  })

  test.each(peers)('of %s are its range and the versions that are installed', (name, range) => {
    expect(rowOf(name)).toEqual({ what: name, supported: range, tested: installed(name) })
    expect(installed(name).length).toBeGreaterThan(0)
  })

  test('name no client that is not a peer of a package', () => {
    const others = ['what', 'server', 'Node.js', 'Redis', 'Valkey', 'PostgreSQL', ...peers.map(([name]) => name)]
    expect(rows?.map(({ what }) => what).filter((what) => !others.includes(what))).toEqual([])
  })

  test.each([
    ['Redis', 'redis'],
    ['Valkey', 'valkey'],
  ])('of %s are the releases that the suite runs on', (what, product) => {
    const list = read('topology/conformance.versions.test.ts').matchAll(/\{ release: '([^']+)', product: '(\w+)' \}/g)
    const releases = [...list].filter(([, , each]) => each === product).map(([, release]) => release)
    const image = /^const IMAGE = '([^']+)'$/m.exec(read('packages/testkit/src/redis/find/docker.ts'))?.[1] ?? ''
    expect(releases.length).toBeGreaterThan(0)
    expect(rowOf(what)?.tested).toEqual([...releases, ...(image.startsWith(`${product}:`) ? [image] : [])])
  })
})

function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
