import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adapters, filesBelow, type Import, importsOf, packages, read, readJson, root } from '../workspace.js'

const core = packages.find(({ folder }) => folder === 'core')
if (core === undefined) throw new Error('packages/core is missing')

const isRelative = ({ from }: Import): boolean => from.startsWith('.')
const shown = ({ file, from }: Import): string => `${file} imports ${from}`

describe('dependencies point one way', () => {
  test('core imports nothing but itself: no package, and one Node built-in in the entry that is about it', () => {
    const foreign = importsOf(core).filter((each) => !isRelative(each))
    expect(foreign.map(shown)).toEqual(['packages/core/src/async-context/index.ts imports node:async_hooks'])
  })

  test('core has no dependencies, not even for its tests on another package of the repository', () => {
    expect(Object.keys({ ...core.manifest.dependencies, ...core.manifest.peerDependencies })).toEqual([])
    expect(Object.keys(core.manifest.devDependencies ?? {}).filter(isOurs)).toEqual([])
  })

  test('the rest of core does not know that Redis exists', () => {
    const redis = 'packages/core/src/redis/'
    const outside = importsOf(core).filter(({ file }) => !file.startsWith(redis))
    const intoRedis = outside.filter(({ file, from }) => posix.join(posix.dirname(file), from).startsWith(redis))
    expect(intoRedis.map(shown)).toEqual([])
  })

  // From the public surface down to what stands alone. Types count like values: to read a file is to read what it names.
  const RANKS = [
    ['index.ts', 'backend-parts.ts'],
    ['web-locks'],
    ['locker.ts'],
    ['acquire', 'query.ts', 'internals.ts'],
    ['handle'],
    ['engine'],
    ['queue'],
    ['hold'],
    ['store', 'memory', 'redis', 'async-context', 'diagnostics'],
    ['options', 'hints'],
    ['timers', 'observer', 'owner-token.ts', 'backoff.ts', 'lease.ts'],
    ['errors', 'backend.ts', 'clock.ts'],
  ]
  const src = 'packages/core/src/'
  const graph = importsOf(core)
    .filter(isRelative)
    .map(({ file, from }) => ({
      from: file.slice(src.length),
      to: posix.join(posix.dirname(file), from).slice(src.length).replace(/\.js$/, '.ts'),
    }))

  test('in core, imports point down or stay in their folder', () => {
    const roomOf = (file: string): string => file.split('/')[0] ?? ''
    const rankOf = (file: string): number => RANKS.findIndex((rooms) => rooms.includes(roomOf(file)))
    const files = [...new Set(graph.flatMap(({ from, to }) => [from, to]))]
    expect(files.filter((file) => rankOf(file) < 0)).toEqual([])
    const up = graph.filter(({ from, to }) => rankOf(from) >= rankOf(to) && roomOf(from) !== roomOf(to))
    expect(up.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
    expect(RANKS.length).toBeLessThanOrEqual(12)
  })

  test('in core, no imports make a circle', () => {
    const importedBy = (file: string): string[] => graph.filter(({ from }) => from === file).map(({ to }) => to)
    expect(circlesOf([...new Set(graph.map(({ from }) => from))], importedBy)).toEqual([])
  })

  // Types too: an adapter describes the client by the methods that it calls, so that any version of it fits.
  test.each(adapters)('$folder imports core and nothing else, not even a type of its client', (adapter) => {
    const allowed = ['@holdfast/core', '@holdfast/core/backend', '@holdfast/core/redis']
    const others = importsOf(adapter).filter((each) => !isRelative(each) && !allowed.includes(each.from))
    expect(others.map(shown)).toEqual([])
  })

  // A program at the top: it brings the clients, and libraries for arguments and text, so that it runs by itself.
  const libraries = packages.filter(({ folder }) => folder !== 'cli')
  test('the command is depended on by no package, and reaches core and adapters only by their entries', () => {
    const dependants = packages.filter(({ manifest }) =>
      Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).includes('@holdfast/cli'),
    )
    expect(dependants).toEqual([])
    const cli = packages.find(({ folder }) => folder === 'cli')
    const ours = cli === undefined ? [] : importsOf(cli).filter(({ from }) => isOurs(from))
    expect([...new Set(ours.map(({ from }) => from))].toSorted()).toEqual([
      '@holdfast/adapter-ioredis',
      '@holdfast/adapter-postgres',
      '@holdfast/core',
    ])
  })

  test.each(libraries)('$folder depends on no package of the repository but core, and on no other at all', (each) => {
    const { name, dependencies = {}, peerDependencies = {} } = each.manifest
    const ours = Object.keys({ ...dependencies, ...peerDependencies }).filter(isOurs)
    expect(ours).toEqual(name === '@holdfast/core' ? [] : ['@holdfast/core'])
    expect(Object.keys(dependencies).filter((dependency) => !isOurs(dependency))).toEqual([])
  })

  test.each(packages)('$folder imports only what its package.json gives to its user', (each) => {
    const given = Object.keys({ ...each.manifest.dependencies, ...each.manifest.peerDependencies })
    const isGiven = ({ from }: Import): boolean => given.some((name) => from === name || from.startsWith(`${name}/`))
    const foreign = importsOf(each).filter((one) => !isRelative(one) && !isBuiltin(one.from) && !isGiven(one))
    expect(foreign.map(shown)).toEqual([])
  })
})

describe('packages speak plainly', () => {
  // Private words and metaphors, for each of which the field has a standard term.
  const PRIVATE =
    /^(sought|tenures?|doubts?|pursu(e|it)s?|spots?|wish(es)?|joints?|robs?|robbed|thie(f|ves)|thefts?|dead|hope(s|less)?|(im)?patien(t|tly|ce)|entrances?|tells?|told)$/i
  const sources = packages.flatMap(({ folder }) => filesBelow(`packages/${folder}/src`))
  const tests = filesBelow('packages/core/test').filter((file) => !file.includes('/redis/'))
  const wordsOf = (text: string): string[] => text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').match(/[A-Za-z]+/g) ?? []

  test('no private word in code, comments, tests and file names', () => {
    const found = [...sources, ...tests].flatMap((file) =>
      wordsOf(`${file} ${read(file)}`).flatMap((word) => (PRIVATE.test(word) ? `${file}: ${word}` : [])),
    )
    expect([...new Set(found)]).toEqual([])
  })

  test('a comment begins with the name of a thing or a verb, not with a pronoun', () => {
    const PRONOUN =
      /(\/\*\*|\/\*\*\n *\*|(?<!\/\/.*\n *)\/\/) (What|Who(ever|m)?|Whatever|Whichever|One|Such|It|They|These|Those|This)\b.*/g
    const shipped = packages.flatMap(({ folder }) => filesBelow(`packages/${folder}/src`))
    const found = shipped.flatMap((file) => (read(file).match(PRONOUN) ?? []).map((comment) => `${file}: ${comment}`))
    expect(found).toEqual([])
  })

  test('no title cites a number of a list that is not here', () => {
    expect(tests.filter((file) => /\(F\d+/.test(read(file)))).toEqual([])
  })
})

describe('every adapter is proven', () => {
  test.each(adapters)('$folder runs the conformance suite', ({ path }) => {
    expect(existsSync(join(path, 'test/conformance.test.ts'))).toBe(true)
  })

  test.each(adapters)('$folder judges spans of time by the pace of the machine', ({ folder }) => {
    expect(read(`packages/${folder}/vitest.config.ts`)).toContain('...realTime')
  })
})

describe('every package can be published', () => {
  test.each(packages)('$folder has a README, and a licence in its folder or in the root', ({ path }) => {
    expect(existsSync(join(path, 'README.md'))).toBe(true)
    expect([path, root].some((place) => existsSync(join(place, 'LICENSE')))).toBe(true)
  })

  test.each(packages)('$folder has the fields of its package.json in order', ({ folder, manifest }) => {
    expect(manifest).toMatchObject({
      name: `@holdfast/${folder}`,
      license: 'MIT',
      description: expect.any(String) as unknown,
      type: 'module',
      sideEffects: false,
      files: ['dist'],
      engines: { node: '>=20.19' },
      repository: { directory: `packages/${folder}` },
    })
    // Provenance is asked for where its provider is, in the release workflow: elsewhere it would fail the publish.
    expect(manifest.publishConfig).toEqual({ access: 'public' })
    expect(manifest.private).toBeUndefined()
  })

  // TypeScript takes the first condition that fits.
  test.each(packages)('$folder exports its types first', ({ manifest }) => {
    const entries = Object.values(manifest.exports ?? {})
    expect(entries.length).toBeGreaterThan(0)
    for (const entry of entries) expect(Object.keys(entry)).toEqual(['types', 'default'])
  })

  // TypeScript with `module: commonjs` resolves as old versions of Node did, and does not read `exports`.
  test.each(packages)('$folder names its entries for old resolution too', ({ manifest }) => {
    const { '.': main, ...others } = manifest.exports ?? {}
    const entries = Object.entries(others).map(([entry, { types }]) => [entry.slice(2), [types]])
    expect([manifest.main, manifest.types]).toEqual([main?.['default'], main?.['types']])
    expect(manifest.typesVersions ?? { '*': {} }).toEqual({ '*': Object.fromEntries(entries) as unknown })
  })

  test('all packages are released together, under one number', () => {
    const { fixed } = readJson<{ fixed: string[][] }>(join(root, '.changeset/config.json'))
    expect(fixed.map((group) => group.toSorted())).toEqual([packages.map(({ manifest }) => manifest.name).toSorted()])
  })
})

describe('files stay small', () => {
  const isGenerated = (file: string): boolean => /\bgenerated\b/i.test(read(file).split('\n', 1)[0] ?? '')
  const longer = (files: string[], most: number): string[] =>
    files.filter((file) => read(file).trimEnd().split('\n').length > most)

  test.each(packages)('$folder has no source file above 250 lines', ({ folder }) => {
    const written = filesBelow(`packages/${folder}/src`).filter((file) => !isGenerated(file))
    expect(longer(written, 250)).toEqual([])
  })

  test('a decision has at most 40 lines, in a file NNNN-title.md', () => {
    const decisions = filesBelow('docs/decisions')
    expect(decisions.filter((file) => !/\/\d{4}-[a-z0-9-]+\.md$/.test(file))).toEqual([])
    expect(longer(decisions, 40)).toEqual([])
  })
})

describe('the workspace', () => {
  test('names one version of pnpm everywhere', () => {
    const { packageManager } = readJson<{ packageManager: string }>(join(root, 'package.json'))
    const places = ['package.json', 'CONTRIBUTING.md', ...filesBelow('.ci'), ...filesBelow('.github')]
    const named = places.flatMap((file) => read(file).match(/pnpm@\d+\.\d+\.\d+/g) ?? [])
    expect([...new Set(named)]).toEqual([packageManager])
  })

  test('has a lockfile that fits any registry', () => {
    for (const file of ['pnpm-lock.yaml', 'site/pnpm-lock.yaml']) expect(read(file)).not.toMatch(/https?:\/\//)
  })
})

/** The strongly connected components of more than one file (Tarjan 1972). */
function circlesOf(files: readonly string[], importedBy: (file: string) => readonly string[]): string[][] {
  const indexOf = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): number => {
    const known = indexOf.get(file)
    if (known !== undefined) return stack.includes(file) ? known : Infinity
    const index = indexOf.size
    indexOf.set(file, index)
    lowest.set(file, index)
    stack.push(file)
    for (const next of importedBy(file)) {
      visit(next)
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? index, lowest.get(next) ?? Infinity))
    }
    if (lowest.get(file) === index) {
      const circle = stack.splice(stack.indexOf(file))
      if (circle.length > 1) circles.push(circle)
    }
    return index
  }
  for (const file of files) visit(file)
  return circles
}

function isOurs(name: string): boolean {
  return name.startsWith('@holdfast/')
}
