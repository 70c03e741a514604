export { findPostgres, startPostgres } from './start.js'
export { startPgBouncer, type PgBouncer } from './bouncer.js'
export type { FoundPostgres, PostgresOptions, PostgresVersion } from './rung.js'
export type { InProcessPostgres, PgliteDatabase, PostgresFacts, PostgresServer, PostgresSource } from './server.js'
