export { postgresBackend, type PostgresBackendOptions } from './backend.js'
export type { PostgresClient, QueryClient, UnsafeClient } from './client.js'
export { assertHeld } from './guard.js'
export { migrate, type SchemaOptions, schemaSql } from './schema.js'
