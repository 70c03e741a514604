import { randomUUID } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identify, versionsBelow } from './path.js'
import { startProgram, type Program } from './program.js'
import type { FoundPostgres, PostgresOptions } from './rung.js'
import { type Apt, aptOptions, cacheFolder, neededBy, onPath, reasonOf, run } from './tools.js'

const TOOLS = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb']
const STEP_MS = 300_000
// The C library must be the one of the running system; the compiler of expressions is large, and turned off.
const NEVER = /^libc6|^libllvm/

/** The content that an entry of the cache must have, and its check. */
export interface Wanted<Found> {
  /** The beginning of the names of its entries. */
  readonly entry: string
  /** The packages, given a tool of apt. */
  readonly packages: (apt: Apt) => Promise<readonly string[]>
  /** Rejects when the entry does not run. */
  readonly open: (tree: string, env: Readonly<Record<string, string>>) => Promise<Found>
}

const SERVER: Wanted<Program> = {
  entry: 'postgres-',
  packages: async (apt) => {
    const [, name] = /Depends: (postgresql-\d+)/.exec(await apt('apt-cache', 'depends', 'postgresql')) ?? []
    if (name === undefined) throw new Error('the package lists name no postgresql')
    return [name]
  },
  open: async (tree, env) => {
    const [bin] = await versionsBelow(join(tree, 'usr', 'lib', 'postgresql'))
    if (bin === undefined) throw new Error('the package holds no server')
    return identify(bin, env)
  },
}

/** The server of the Debian or Ubuntu release of this machine, downloaded once per user; nothing is installed. */
export async function findByApt(options: PostgresOptions): Promise<FoundPostgres | string> {
  const program = await byApt(SERVER, options.onProgress)
  if (typeof program === 'string') return program
  return { source: 'apt', description: program.bin, start: (wanted) => startProgram(program, 'apt', wanted) }
}

/** The entry, from the cache or downloaded into it, or, in words, why there is none. */
export async function byApt<Found>(
  wanted: Wanted<Found>,
  onProgress: (line: string) => void = () => {},
): Promise<Found | string> {
  for (const tool of TOOLS) {
    if (!(await onPath(tool))) return `${tool} is not on PATH, so this is no Debian or Ubuntu`
  }
  try {
    const folder = await readableFolder()
    return (await firstThatRuns(folder, wanted)) ?? (await fetchInto(folder, wanted, onProgress))
  } catch (error) {
    return reasonOf(error)
  }
}

/** Root's own folder can be read by root alone, as whom neither program runs. */
async function readableFolder(): Promise<string> {
  if (process.getuid?.() !== 0) return cacheFolder()
  const folder = '/var/cache/holdfast'
  await mkdir(folder, { recursive: true, mode: 0o755 })
  return (await lstat(folder)).uid === 0 ? folder : mkdtemp(join(tmpdir(), 'holdfast-cache-'))
}

async function firstThatRuns<Found>(folder: string, wanted: Wanted<Found>): Promise<Found | undefined> {
  for (const name of (await readdir(folder)).filter((each) => each.startsWith(wanted.entry)).toSorted()) {
    try {
      return await openTree(join(folder, name), wanted)
    } catch {
      // Damaged, or made for another release: another entry is made.
    }
  }
  return undefined
}

async function openTree<Found>(tree: string, wanted: Wanted<Found>): Promise<Found> {
  const files = await readdir(tree, { recursive: true, withFileTypes: true })
  const libraries = files.filter(({ name }) => /\.so(\.|$)/.test(name)).map(({ parentPath }) => parentPath)
  return wanted.open(tree, { LD_LIBRARY_PATH: [...new Set(libraries)].join(':') })
}

/** An entry is made under another name and then renamed, so that it is whole or absent. */
async function fetchInto<Found>(
  folder: string,
  wanted: Wanted<Found>,
  onProgress: (line: string) => void,
): Promise<Found> {
  const building = await mkdtemp(join(folder, '.building-'))
  try {
    const packages = join(building, 'packages')
    const tree = join(building, 'tree')
    for (const path of [packages, tree]) await mkdir(path, { mode: 0o755 })
    const options = await aptOptions(building, undefined)
    const apt: Apt = (tool, ...args) =>
      run(tool, [...options, ...args], { timeoutMs: STEP_MS, cwd: packages, env: { LC_ALL: 'C' } })
    onProgress('apt: reading the package lists')
    const incomplete = await apt('apt-get', 'update').then(() => '', reasonOf)
    try {
      const names = await wanted.packages(apt)
      const libraries = (await neededBy(apt, names)).filter((name) => !NEVER.test(name))
      onProgress(`apt: downloading ${[...names, ...libraries].join(' ')}`)
      await apt('apt-get', 'download', ...names, ...libraries)
    } catch (cause) {
      throw new Error([incomplete, reasonOf(cause)].filter(Boolean).join('; then '), { cause })
    }
    for (const file of await readdir(packages))
      await run('dpkg', ['-x', join(packages, file), tree], { timeoutMs: STEP_MS })
    await openTree(tree, wanted)
    const entry = join(folder, `${wanted.entry}${randomUUID()}`)
    await rename(tree, entry)
    onProgress('apt: done')
    return await openTree(entry, wanted)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}
