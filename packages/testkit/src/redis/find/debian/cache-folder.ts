import { access, constants, lstat, mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * A folder of this user, for this system release and processor, that outlives the process: below `XDG_CACHE_HOME`,
 * else `HOME`, else the temporary directory. Without any of these a fresh temporary one.
 */
export async function cacheFolder(): Promise<string> {
  const name = join('holdfast', `redis-${await release()}-${process.arch}`)
  const { XDG_CACHE_HOME, HOME } = process.env
  const home = HOME ? join(HOME, '.cache') : undefined
  for (const parent of [XDG_CACHE_HOME, home]) {
    if (parent && isAbsolute(parent) && (await canUse(join(parent, name)))) return join(parent, name)
  }
  const shared = join(tmpdir(), `holdfast-cache-${process.getuid?.() ?? 0}`)
  const folder = join(shared, name)
  const ours = (await canUse(shared)) && (await canUse(folder))
  return ours ? folder : mkdtemp(join(tmpdir(), 'holdfast-cache-'))
}

async function canUse(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    // A folder that another user made may hold another user's program.
    return (await lstat(folder)).uid === (process.getuid?.() ?? 0)
  } catch {
    return false
  }
}

async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string): string | undefined => new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(text)?.[1]
  return [field('ID') ?? 'linux', field('VERSION_ID')].filter(Boolean).join('-')
}
