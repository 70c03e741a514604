import { findByApt } from './apt.js'
import { findByDocker } from './docker.js'
import { findByEnv } from './env.js'
import { findByPath } from './path.js'
import type { FoundRedis, RedisOptions, Rung } from './rung.js'
import type { RedisSource } from './server.js'

const ladder: readonly (readonly [RedisSource, Rung])[] = [
  ['env', findByEnv],
  ['path', findByPath],
  ['docker', findByDocker],
  ['apt', findByApt],
]

const ADVICE = `Install one of these and try again:
  a server         apt-get install redis-server, dnf install valkey, brew install redis
  Docker           a running engine, with the package testcontainers beside @holdfast/testkit
or set REDIS_URL to a server that tests may use.`

/**
 * Looks for a Redis: `REDIS_URL`; `redis-server` or `valkey-server` on PATH; a Docker engine, through testcontainers;
 * on Debian and Ubuntu the server package, downloaded into a cache folder of the user. Rejects with what was tried, why
 * it did not work, and what to install.
 */
export async function findRedisServer(options: RedisOptions = {}): Promise<FoundRedis> {
  const rungs = ladder.filter(([source]) => options.source === undefined || options.source === source)
  const reasons: string[] = []
  for (const [source, find] of rungs) {
    const found = await find(options)
    if (typeof found !== 'string') return found
    reasons.push(`  ${source.padEnd(8)}${found.replaceAll(/\s*\n\s*/g, '; ')}`)
  }
  throw new Error(`no Redis server was found:\n${reasons.join('\n')}\n${ADVICE}`)
}
