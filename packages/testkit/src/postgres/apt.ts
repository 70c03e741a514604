import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from './cache.js'
import { identify, versionsBelow } from './path.js'
import { startProgram, type Program } from './program.js'
import type { FoundPostgres, PostgresOptions } from './rung.js'
import { type Apt, aptOptions, neededBy, onPath, reasonOf, run } from './tools.js'

const TOOLS = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb']
const STEP_MS = 300_000
// The C library must be that of the running system; the compiler of expressions is large, and turned off.
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
    return await cached({
      name: wanted.entry,
      fill: (tree, work) => fetchInto({ tree, work, wanted, onProgress }),
      open: async (tree) => wanted.open(tree, { LD_LIBRARY_PATH: await librariesBelow(tree) }),
    })
  } catch (error) {
    return reasonOf(error)
  }
}

async function librariesBelow(tree: string): Promise<string> {
  const files = await readdir(tree, { recursive: true, withFileTypes: true })
  const folders = files.filter(({ name }) => /\.so(\.|$)/.test(name)).map(({ parentPath }) => parentPath)
  return [...new Set(folders)].join(':')
}

interface Fetch {
  readonly tree: string
  readonly work: string
  readonly wanted: Pick<Wanted<unknown>, 'packages'>
  readonly onProgress: (line: string) => void
}

async function fetchInto({ tree, work, wanted, onProgress }: Fetch): Promise<void> {
  const options = await aptOptions(work, undefined)
  const apt: Apt = (tool, ...args) =>
    run(tool, [...options, ...args], { timeoutMs: STEP_MS, cwd: work, env: { LC_ALL: 'C' } })
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
  const packages = (await readdir(work)).filter((file) => file.endsWith('.deb'))
  for (const file of packages) await run('dpkg', ['-x', join(work, file), tree], { timeoutMs: STEP_MS })
  onProgress('apt: done')
}
