import { randomUUID } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { cacheFolder } from './tools.js'

/** The right of everybody to enter a folder. */
const ENTER = 0o001

/** A tree of files that is downloaded once per user and kept in a cache folder. */
export interface Entry<Found> {
  /** The beginning of the entry's name in the cache. */
  readonly name: string
  /** Downloads the entry into an empty folder; `work` is another folder, for temporary files. */
  readonly fill: (tree: string, work: string) => Promise<void>
  /** Rejects when the entry does not run. */
  readonly open: (tree: string) => Promise<Found>
}

/** The entry, from the cache or downloaded into it. */
export async function cached<Found>(entry: Entry<Found>): Promise<Found> {
  const folder = await readableFolder()
  return (await firstThatRuns(folder, entry)) ?? (await fill(folder, entry))
}

/**
 * Only root can read root's own folder, and neither program runs as root: root takes a folder that all users can enter.
 */
async function readableFolder(): Promise<string> {
  if (process.getuid?.() !== 0) return cacheFolder()
  const { XDG_CACHE_HOME: wanted = '' } = process.env
  const folder = join((await allCanEnter(wanted)) ? wanted : '/var/cache', 'holdfast')
  await mkdir(folder, { recursive: true, mode: 0o755 })
  return (await lstat(folder)).uid === 0 ? folder : mkdtemp(join(tmpdir(), 'holdfast-cache-'))
}

async function allCanEnter(path: string): Promise<boolean> {
  if (!isAbsolute(path)) return false
  const mode = await stat(path).then(
    (stats) => stats.mode,
    () => 0,
  )
  if ((mode & ENTER) === 0) return false
  return dirname(path) === path || allCanEnter(dirname(path))
}

async function firstThatRuns<Found>(folder: string, { name, open }: Entry<Found>): Promise<Found | undefined> {
  for (const each of (await readdir(folder)).filter((found) => found.startsWith(name)).toSorted()) {
    try {
      return await open(join(folder, each))
    } catch {
      // The entry is damaged, or made for another release: another entry is made.
    }
  }
  return undefined
}

/** An entry is made under another name and then renamed, so that it is whole or absent. */
async function fill<Found>(folder: string, entry: Entry<Found>): Promise<Found> {
  const building = await mkdtemp(join(folder, '.building-'))
  try {
    const [tree, work] = [join(building, 'tree'), join(building, 'work')]
    for (const path of [tree, work]) await mkdir(path, { mode: 0o755 })
    await entry.fill(tree, work)
    await entry.open(tree)
    const whole = join(folder, `${entry.name}${randomUUID()}`)
    await rename(tree, whole)
    return await entry.open(whole)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}
