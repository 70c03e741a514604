import { findByApt, programByApt } from './debian/apt.js'
import { findByDocker } from './docker.js'
import { findByEnv } from './env.js'
import { findByPath, programOnPath } from './path.js'
import type { Program } from '../process/program.js'
import type { FoundRedis, RedisOptions, ServerSource } from './source.js'
import type { RedisSource } from '../server.js'

const serverSources: readonly (readonly [RedisSource, ServerSource])[] = [
  ['env', findByEnv],
  ['path', findByPath],
  ['docker', findByDocker],
  ['apt', findByApt],
]

const ADVICE = `Install one of these and try again:
  a server         apt-get install redis-server, dnf install valkey, brew install redis
  Docker           a running engine, with the package testcontainers beside @holdfast/testkit
or set REDIS_URL to a server that tests may use.`
const PROGRAM_ADVICE =
  'Install a server and try again: apt-get install redis-server, dnf install valkey, brew install redis'

/**
 * Looks for a Redis: `REDIS_URL`; `redis-server` or `valkey-server` on PATH; a Docker engine, through testcontainers;
 * on Debian and Ubuntu the server package, downloaded into a cache folder of the user. Rejects with what was tried, why
 * it did not work, and what to install.
 */
export async function findRedisServer(options: RedisOptions = {}): Promise<FoundRedis> {
  const only = options.debian === undefined ? options.source : 'apt'
  const sources = serverSources.filter(([source]) => only === undefined || only === source)
  const reasons: string[] = []
  for (const [source, find] of sources) {
    const found = await find(options)
    if (typeof found !== 'string') return found
    reasons.push(reasonLine(source, found))
  }
  throw new Error(`no Redis server was found:\n${reasons.join('\n')}\n${ADVICE}`)
}

/** A server program of this machine, and where it came from. */
export interface FoundProgram {
  readonly program: Program
  readonly source: 'path' | 'apt'
}

/**
 * Looks for a server program: on PATH, else by apt. A setup of several servers is made of programs, because a container
 * does not know the address by which other servers reach it.
 */
export async function findProgram(options: RedisOptions = {}): Promise<FoundProgram> {
  const reasons: string[] = []
  for (const source of ['path', 'apt'] as const) {
    if (source === 'path' && options.debian !== undefined) continue
    const program = source === 'path' ? await programOnPath() : await programByApt(options)
    if (typeof program !== 'string') return { program, source }
    reasons.push(reasonLine(source, program))
  }
  throw new Error(`no Redis server program was found:\n${reasons.join('\n')}\n${PROGRAM_ADVICE}`)
}

const reasonLine = (source: RedisSource, reason: string): string =>
  `  ${source.padEnd(8)}${reason.replaceAll(/\s*\n\s*/g, '; ')}`
