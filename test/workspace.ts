import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript-6'

export const root = join(import.meta.dirname, '..')

export interface Manifest {
  name: string
  private?: boolean
  type?: string
  sideEffects?: boolean
  license?: string
  description?: string
  files?: string[]
  engines?: { node?: string }
  main?: string
  types?: string
  typesVersions?: Record<string, Record<string, string[]>>
  exports?: Record<string, Record<string, string>>
  publishConfig?: { access?: string; provenance?: boolean }
  repository?: { directory?: string }
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

export interface Package {
  /** The folder below packages/, such as `adapter-ioredis`. */
  folder: string
  path: string
  manifest: Manifest
}

/** Every package that is published. What is private (examples, benchmarks) lives outside packages/. */
export const packages: readonly Package[] = readdirSync(join(root, 'packages'))
  .map((folder) => ({ folder, path: join(root, 'packages', folder) }))
  .filter(({ path }) => existsSync(join(path, 'package.json')))
  .map((each) => ({ ...each, manifest: readJson<Manifest>(join(each.path, 'package.json')) }))

export const adapters: readonly Package[] = packages.filter(({ folder }) => folder.startsWith('adapter-'))

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

/** The paths of all files below a folder of the repository, relative to the repository, with `/` between the parts. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

export interface Import {
  file: string
  /** The specifier of the import, as written: `node:crypto`, `@holdfast/core`, `./errors.js`. */
  from: string
}

/** Every import of a package's sources: static, type-only, re-exported, dynamic and `import('…')` types. */
export function importsOf({ folder }: Package): Import[] {
  return filesBelow(`packages/${folder}/src`)
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => ts.preProcessFile(read(file)).importedFiles.map(({ fileName }) => ({ file, from: fileName })))
}
