import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sourcesOf, writeStarter } from './apt-release.js'
import { run } from '../../process/exec.js'
import { reasonOf, type DebianPackage } from '../source.js'

const STEP_MS = 180_000
const LIBRARIES = ['libjemalloc2', 'liblzf1', 'libatomic1']
// The C library must be that of the running system, unless everything is of another release.
const NEVER = /^libc6/

export type Apt = (tool: string, ...args: readonly string[]) => Promise<string>

/**
 * Downloads the Redis server of this release, or another product or release, and the libraries that it is linked
 * with, and unpacks them below `directory`. Nothing outside of it is written and no privilege is needed.
 */
export async function download(
  directory: string,
  wanted: DebianPackage | undefined,
  onProgress: (line: string) => void,
): Promise<string> {
  const packages = join(directory, 'packages')
  const tree = join(directory, 'tree')
  for (const path of [packages, tree]) await mkdir(path, { recursive: true })
  const options = await aptOptions(directory, wanted)
  const apt: Apt = (tool, ...args) =>
    run(tool, [...options, ...args], { timeoutMs: STEP_MS, cwd: packages, env: { LC_ALL: 'C' } })
  // In Debian and Ubuntu the server binary is in the tools, as their check-rdb: the name of the file decides which
  // program it is.
  const { product = 'redis' } = wanted ?? {}
  const [tools, binary, name] = [`${product}-tools`, `${product}-check-rdb`, `${product}-server`]

  onProgress('apt: reading the package lists')
  // A source that does not answer is no obstacle while the others know the packages.
  const incomplete = await apt('apt-get', 'update').then(() => '', reasonOf)
  try {
    const names = [tools, ...(wanted ? await allLibraries(apt, tools) : await libraries(apt, tools))]
    onProgress(`apt: downloading ${names.join(' ')}`)
    await apt('apt-get', 'download', ...names)
  } catch (cause) {
    throw new Error([incomplete, reasonOf(cause)].filter(Boolean).join('; then '), { cause })
  }
  for (const file of await readdir(packages)) {
    await run('dpkg', ['-x', join(packages, file), tree], { timeoutMs: STEP_MS })
  }
  // A release may bring a server of that name, which leads to the binary as ours does.
  await rm(join(tree, 'usr', 'bin', name), { force: true })
  if (wanted) await writeStarter(tree, name, binary)
  else await symlink(binary, join(tree, 'usr', 'bin', name))
  onProgress('apt: done')
  return tree
}

export async function aptOptions(directory: string, wanted: DebianPackage | undefined): Promise<readonly string[]> {
  const lists = join(directory, 'lists')
  const cache = join(directory, 'cache')
  for (const path of [join(lists, 'partial'), join(cache, 'archives', 'partial')]) {
    await mkdir(path, { recursive: true })
  }
  const settings = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
    'Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false',
    // Without this setting, an unreachable source is only a warning, and its reason is lost.
    'APT::Update::Error-Mode=any',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
    'Acquire::https::Timeout=15',
    // Root's apt would switch to a user who may not write into our directories, and say so.
    ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
    ...(wanted ? await otherRelease(directory, wanted) : []),
  ]
  return settings.flatMap((setting) => ['-o', setting])
}

/** Settings by which apt knows only the other release: not even the installed packages. */
async function otherRelease(directory: string, wanted: DebianPackage): Promise<readonly string[]> {
  const sources = join(directory, 'sources.list')
  const status = join(directory, 'status')
  await writeFile(sources, await sourcesOf(wanted))
  await writeFile(status, '')
  return [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::status=${status}`,
    // Without this setting, apt prefers the packages of sid to those of experimental.
    `APT::Default-Release=${wanted.release}`,
  ]
}

/** The libraries that this release's package depends on: which they are differs between releases. */
async function libraries(apt: Apt, tools: string): Promise<readonly string[]> {
  const found = (await neededBy(apt, [tools]).catch(() => [])).filter((name) => !NEVER.test(name))
  return found.length > 0 ? found : LIBRARIES
}

/** The libraries, the libraries that they need themselves, and the C library. */
async function allLibraries(apt: Apt, tools: string): Promise<readonly string[]> {
  const all = new Set<string>()
  for (let next: readonly string[] = [tools]; next.length > 0;) {
    next = (await neededBy(apt, next)).filter((name) => !all.has(name))
    for (const name of next) all.add(name)
  }
  return [...all]
}

export async function neededBy(apt: Apt, names: readonly string[]): Promise<readonly string[]> {
  const text = await apt('apt-cache', 'depends', ...names)
  return [...new Set([...text.matchAll(/^ [ |]Depends: ((?:lib|lua-)[\w.+-]+)$/gm)].map(([, name]) => name ?? ''))]
}
