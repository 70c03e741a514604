import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Kind } from './locks/contender.js'
import { figureOf, type Figure } from './measure/stats.js'
import type { Row, Section } from './report/section.js'
import { type Bench, runAlone } from './workload.js'

interface Installed {
  readonly label: string
  readonly kind: Kind
  readonly packages: readonly string[]
  /** The code that a user writes to get it. */
  readonly source: string
}

const HOLDFAST = '@holdfast/core'
const CLIENTS = ['ioredis', 'redis']
const root = join(import.meta.dirname, '..')

const INSTALLED: readonly Installed[] = [
  { label: 'nothing (A/A)', kind: 'control', packages: [], source: 'export {}' },
  {
    label: 'Holdfast, core alone',
    kind: 'ours',
    packages: [HOLDFAST],
    source: `export { createLocker } from '${HOLDFAST}'`,
  },
  ours('Holdfast over ioredis', 'adapter-ioredis', 'ioredisBackend'),
  ours('Holdfast over node-redis', 'adapter-node-redis', 'nodeRedisBackend'),
  {
    label: 'verrou',
    kind: 'peer',
    packages: ['@verrou/core'],
    source: `export { Verrou } from '@verrou/core'; export { redisStore } from '@verrou/core/drivers/redis'`,
  },
  peer('redis-semaphore', `export { Mutex } from 'redis-semaphore'`),
  peer('redlock', `export { default as Redlock } from 'redlock'`),
  peer('redlock-universal', `export { createLock, IoredisAdapter } from 'redlock-universal'`),
  peer('simple-redis-mutex', `export { lock, tryLock } from 'simple-redis-mutex'`),
]

function ours(label: string, adapter: string, backend: string): Installed {
  const source = `export { createLocker } from '${HOLDFAST}'; export { ${backend} } from '@holdfast/${adapter}'`
  return { label, kind: 'ours', packages: [HOLDFAST, `@holdfast/${adapter}`], source }
}

function peer(name: string, source: string): Installed {
  return { label: name, kind: 'peer', packages: [name], source }
}

/** W8: the code that comes into a project with the library, beside the client. */
export async function w8({ options }: Bench): Promise<Section[]> {
  const rows: Row[] = []
  for (const { label, kind, packages, source } of INSTALLED) {
    const figures: Record<string, Figure> = { import: importTime(source, options.rounds(15, 3)) }
    if (kind !== 'control') {
      figures['packages'] = { value: closure(packages).size }
      figures['size'] = { value: (await gzippedBytes(source)) / 1024 }
    }
    rows.push({ label, kind, figures })
  }
  return [
    {
      workload: 'W8',
      title: 'what is installed and loaded, without the client',
      about:
        'Packages with all their dependencies; what is bundled of them, minified and gzipped; the time of a first import in a new process that has loaded the clients already.',
      columns: [
        { key: 'packages', title: 'packages', digits: 0 },
        { key: 'size', title: 'KiB min+gzip', digits: 1, chart: 'linear', better: 'less' },
        { key: 'import', title: 'import ms', digits: 1, chart: 'linear', better: 'less' },
      ],
      rows,
    },
  ]
}

/** The folders of the packages and of all that they depend on. */
function closure(packages: readonly string[], from = root, seen = new Set<string>()): Set<string> {
  for (const name of packages) {
    const folder = folderOf(name, from)
    if (folder === undefined || seen.has(folder)) continue
    seen.add(folder)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly dependencies?: Readonly<Record<string, string>>
    }
    closure(Object.keys(manifest.dependencies ?? {}), folder, seen)
  }
  return seen
}

/** Finds the folder as Node does, whatever the package exports. */
function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate)
    if (folder === dirname(folder)) return undefined
  }
}

async function gzippedBytes(source: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: CLIENTS,
    write: false,
    logLevel: 'silent',
  })
  return gzipSync(outputFiles.map(({ text }) => text).join(''), { level: 9 }).length
}

function importTime(source: string, times: number): Figure {
  const specifiers = [...source.matchAll(/from '([^']+)'/g)].map(([, specifier]) => specifier)
  const loads = specifiers.map((specifier) => `await import('${specifier}')`).join('\n')
  const clients = CLIENTS.map((client) => `await import('${client}')`).join('\n')
  const code = `${clients}\nconst start = performance.now()\n${loads}\nprocess.stdout.write(String(performance.now() - start))\nprocess.exit()`
  const run = (): number =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8' }))
  return figureOf(Array.from({ length: times }, run))
}

await runAlone(import.meta.filename, w8)
