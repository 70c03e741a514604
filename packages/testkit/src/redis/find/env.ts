import { askVersion } from '../process/ready.js'
import { reasonOf, type FoundRedis, type RedisOptions } from './source.js'
import { createServerHandle, type RedisServer } from '../server.js'
import { within } from '../process/sleep.js'

const DEFAULT_PORT = 6379
const ANSWER_MS = 10_000

/**
 * The server that `REDIS_URL` names. When it is set and nothing answers there, the search ends: silently testing
 * against another server would be worse.
 */
export async function findByEnv(options: RedisOptions): Promise<FoundRedis | string> {
  const url = process.env['REDIS_URL']
  if (!url) return 'REDIS_URL is not set'
  if (options.own || options.args || options.port !== undefined) {
    return 'REDIS_URL is passed over: a server of its own is wanted'
  }
  return { source: 'env', description: 'REDIS_URL', start: () => attach(url) }
}

async function attach(url: string): Promise<RedisServer> {
  const address = parse(url)
  const { host, port, tls } = address
  try {
    const asked = askVersion({ host, port, tls }, address.credentials)
    const version = await within(ANSWER_MS, asked, `no answer within ${ANSWER_MS} ms`)
    const notOurs = (): never => {
      throw new Error('the Redis server of REDIS_URL was not started here, so it cannot be paused, killed or restarted')
    }
    const nothing = async (): Promise<void> => {}
    return createServerHandle(
      { url, host, port, source: 'env', ...version },
      { pid: () => undefined, pause: notOurs, resume: notOurs, kill: notOurs, start: notOurs, dispose: nothing },
    )
  } catch (cause) {
    // Never the URL itself: it may hold a password.
    throw new Error(`REDIS_URL is set, but no Redis answers at ${host}:${port}: ${reasonOf(cause)}`, { cause })
  }
}

function parse(text: string): {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly credentials: readonly string[]
} {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['redis:', 'rediss:'].includes(url.protocol)) {
    throw new Error('REDIS_URL is set, but is no redis:// or rediss:// URL')
  }
  const { username, password } = url
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1',
    port: Number(url.port) || DEFAULT_PORT,
    tls: url.protocol === 'rediss:',
    credentials: [username, password].filter(Boolean).map(decodeURIComponent),
  }
}
