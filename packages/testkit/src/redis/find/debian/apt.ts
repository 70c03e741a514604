import { cachedProgram } from './apt-cache.js'
import { startProgram, type Program } from '../../process/program.js'
import { onPath } from '../../process/exec.js'
import { reasonOf, type FoundRedis, type RedisOptions } from '../source.js'

const TOOLS = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb']

/** The server of the Debian or Ubuntu release of this machine, downloaded once per user; nothing is installed. */
export async function findByApt(options: RedisOptions): Promise<FoundRedis | string> {
  const program = await programByApt(options)
  if (typeof program === 'string') return program
  return { source: 'apt', description: program.executable, start: (wanted) => startProgram(program, 'apt', wanted) }
}

/** The program alone, or in words why there is none. */
export async function programByApt({ debian, onProgress }: RedisOptions): Promise<Program | string> {
  for (const tool of TOOLS) {
    if (!(await onPath(tool))) return `${tool} is not on PATH, so this is no Debian or Ubuntu`
  }
  try {
    return await cachedProgram(debian, onProgress)
  } catch (error) {
    return reasonOf(error)
  }
}
