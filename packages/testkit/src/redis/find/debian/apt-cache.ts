import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { download } from './apt-download.js'
import { cacheFolder } from './cache-folder.js'
import { identify } from '../path.js'
import type { Program } from '../../process/program.js'
import type { DebianPackage } from '../source.js'

const BUILDING = '.building-'
const ABANDONED_MS = 60 * 60 * 1000

/**
 * The downloaded server. Every entry of the cache is made under another name and then renamed to a name of its own,
 * so an entry is whole or absent, processes that start at the same time cannot disturb each other, and an entry that
 * does not run (damaged, or made for another system) can be removed without harm to a good one.
 */
export async function cachedProgram(
  wanted?: DebianPackage,
  onProgress: (line: string) => void = () => {},
): Promise<Program> {
  const folder = await cacheFolder()
  const cached = await firstThatRuns(folder, wanted)
  if (cached) return cached
  await removeAbandoned(folder)
  const building = await mkdtemp(join(folder, BUILDING))
  try {
    const tree = await download(building, wanted, onProgress)
    await programIn(tree, wanted)
    // Another process may have been faster.
    return (await firstThatRuns(folder, wanted)) ?? (await publish(tree, folder, wanted))
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

/** The beginning of the names of the entries. */
const prefixOf = (wanted: DebianPackage | undefined): string =>
  wanted === undefined ? 'server-' : `${wanted.release}-${wanted.product ?? 'redis'}-`

async function publish(tree: string, folder: string, wanted: DebianPackage | undefined): Promise<Program> {
  const entry = join(folder, `${prefixOf(wanted)}${randomUUID()}`)
  await rename(tree, entry)
  return programIn(entry, wanted)
}

async function firstThatRuns(folder: string, wanted: DebianPackage | undefined): Promise<Program | undefined> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefixOf(wanted))).toSorted()
  for (const name of names) {
    const entry = join(folder, name)
    try {
      return await programIn(entry, wanted)
    } catch (error) {
      if (!isBroken(error)) throw error
      await rm(entry, { recursive: true, force: true }).catch(() => {})
    }
  }
  return undefined
}

/** The server below a directory into which packages were unpacked; rejects when it does not run. */
async function programIn(tree: string, wanted: DebianPackage | undefined): Promise<Program> {
  const executable = join(tree, 'usr', 'bin', `${wanted?.product ?? 'redis'}-server`)
  // A server of another release finds its libraries by itself.
  if (wanted !== undefined) return identify(executable)
  const files = await readdir(tree, { recursive: true, withFileTypes: true })
  const libraries = files.filter((file) => /\.so(\.|$)/.test(file.name)).map((file) => file.parentPath)
  const env = { LD_LIBRARY_PATH: [...new Set(libraries)].join(':') }
  return identify(executable, env)
}

/** Whether the entry itself is at fault, and not a machine without the memory or the time to run it. */
function isBroken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  if (typeof cause !== 'object' || cause === null) return true
  const timedOut = 'killed' in cause && cause.killed === true
  const starved = 'code' in cause && ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'].includes(String(cause.code))
  return !timedOut && !starved
}

/** Removes the files of processes that were killed while they downloaded. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => each.startsWith(BUILDING))) {
    const path = join(folder, name)
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}
