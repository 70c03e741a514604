import { cachedProgram } from './apt-cache.js'
import { startProgram } from './program.js'
import { onPath } from './run.js'
import { reasonOf, type FoundRedis, type RedisOptions } from './rung.js'

const TOOLS = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb']

/** The server of the Debian or Ubuntu release of this machine, downloaded once per user; nothing is installed. */
export async function findByApt(options: RedisOptions): Promise<FoundRedis | string> {
  for (const tool of TOOLS) {
    if (!(await onPath(tool))) return `${tool} is not on PATH, so this is no Debian or Ubuntu`
  }
  try {
    const program = await cachedProgram(options.onProgress)
    return { source: 'apt', description: program.executable, start: (wanted) => startProgram(program, 'apt', wanted) }
  } catch (error) {
    return reasonOf(error)
  }
}
