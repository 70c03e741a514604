import { untilReady } from './ready.js'
import { wantsOwn, type FoundPostgres, type PostgresOptions } from './rung.js'
import { createPostgresHandle, type PostgresServer } from './server.js'
import { reasonOf } from './tools.js'

const DEFAULT_PORT = 5432
const ANSWER_MS = 10_000

/**
 * The server that `DATABASE_URL` names. When it is set and nothing answers there, the search ends: silently testing
 * against another server would be worse.
 */
export async function findByEnv(options: PostgresOptions): Promise<FoundPostgres | string> {
  const url = process.env['DATABASE_URL']
  if (!url) return 'DATABASE_URL is not set'
  if (wantsOwn(options)) return 'DATABASE_URL is passed over: a server of its own is wanted'
  return { source: 'env', description: 'DATABASE_URL', start: () => attach(url) }
}

async function attach(text: string): Promise<PostgresServer> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new Error('DATABASE_URL is set, but is no postgres:// URL')
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1'
  const port = Number(url.port) || DEFAULT_PORT
  try {
    await untilReady({ host, port }, ANSWER_MS)
  } catch (cause) {
    // Never the URL itself: it may hold a password.
    throw new Error(`DATABASE_URL is set, but no server answers at ${host}:${port}: ${reasonOf(cause)}`, { cause })
  }
  const notOurs = (): never => {
    throw new Error('the server of DATABASE_URL was not started here, so it cannot be paused, killed or restarted')
  }
  return createPostgresHandle(
    { url: text, host, port, source: 'env' },
    { pause: notOurs, resume: notOurs, kill: notOurs, start: notOurs, dispose: async () => {} },
  )
}
