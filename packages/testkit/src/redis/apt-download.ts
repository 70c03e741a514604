import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.js'
import { reasonOf } from './rung.js'

const STEP_MS = 180_000
// In Debian and Ubuntu the server binary is in redis-tools, as redis-check-rdb: what it is, its name decides.
const PACKAGE = 'redis-tools'
const BINARY = 'redis-check-rdb'
const LIBRARIES = ['libjemalloc2', 'liblzf1', 'libatomic1']
// The C library must be the one of the running system.
const NEVER = /^libc6/

/**
 * Downloads the Redis server of this release and the libraries that it is linked with, and unpacks them below
 * `directory`. Nothing outside of it is written and no privilege is needed.
 */
export async function download(directory: string, onProgress: (line: string) => void): Promise<string> {
  const lists = join(directory, 'lists')
  const cache = join(directory, 'cache')
  const packages = join(directory, 'packages')
  const tree = join(directory, 'tree')
  const needed = [join(lists, 'partial'), join(cache, 'archives', 'partial'), packages, tree]
  for (const path of needed) await mkdir(path, { recursive: true })
  const options = aptOptions(lists, cache)
  const apt = (tool: string, ...args: readonly string[]): Promise<string> =>
    run(tool, [...options, ...args], { timeoutMs: STEP_MS, cwd: packages, env: { LC_ALL: 'C' } })

  onProgress('apt: reading the package lists')
  // A source that does not answer is no obstacle while the others know the packages.
  const incomplete = await apt('apt-get', 'update').then(() => '', reasonOf)
  const names = [PACKAGE, ...(await libraries(apt))]
  onProgress(`apt: downloading ${names.join(' ')}`)
  await apt('apt-get', 'download', ...names).catch((cause: unknown) => {
    throw new Error([incomplete, reasonOf(cause)].filter(Boolean).join('; then '), { cause })
  })
  for (const file of await readdir(packages)) {
    await run('dpkg', ['-x', join(packages, file), tree], { timeoutMs: STEP_MS })
  }
  await symlink(BINARY, join(tree, 'usr', 'bin', 'redis-server'))
  onProgress('apt: done')
  return tree
}

function aptOptions(lists: string, cache: string): readonly string[] {
  const settings = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
    'Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false',
    // Otherwise a source that cannot be reached is only a warning, and its reason is lost.
    'APT::Update::Error-Mode=any',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
    'Acquire::https::Timeout=15',
    // Root's apt would switch to a user who may not write into our directories, and say so.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
  ]
  return settings.flatMap((setting) => ['-o', setting])
}

/** The libraries that this release's package depends on: which they are differs between releases. */
async function libraries(
  apt: (tool: string, ...args: readonly string[]) => Promise<string>,
): Promise<readonly string[]> {
  const text = await apt('apt-cache', 'depends', PACKAGE).catch(() => '')
  const named = [...text.matchAll(/^ [ |]Depends: ((?:lib|lua-)[\w.+-]+)$/gm)].map(([, name]) => name ?? '')
  const found = named.filter((name) => !NEVER.test(name))
  return found.length > 0 ? found : LIBRARIES
}
