import { startProgram, type Program } from '../process/program.js'
import { onPath, run } from '../process/exec.js'
import { reasonOf, type FoundRedis } from './source.js'
import { versionOfProgram } from '../process/version.js'

const NAMES = ['redis-server', 'valkey-server']
const VERSION_MS = 10_000

/** A server program that is installed. */
export async function findByPath(): Promise<FoundRedis | string> {
  const program = await programOnPath()
  if (typeof program === 'string') return program
  return { source: 'path', description: program.executable, start: (options) => startProgram(program, 'path', options) }
}

/** The program alone, or in words why there is none. */
export async function programOnPath(): Promise<Program | string> {
  const broken: string[] = []
  for (const name of NAMES) {
    const executable = await onPath(name)
    if (!executable) continue
    try {
      return await identify(executable)
    } catch (error) {
      broken.push(reasonOf(error))
    }
  }
  return broken.join('; ') || `neither ${NAMES.join(' nor ')} is on PATH`
}

/** Runs a server program once, to see that it works, and which product and version it is. */
export async function identify(executable: string, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const version = versionOfProgram(await run(executable, ['--version'], { timeoutMs: VERSION_MS, env }))
  if (!version) throw new Error(`${executable} is no Redis server`)
  return { executable, env, ...version }
}
