import { checkOptions } from '@holdfast/core/backend'
import { checkClient, checkConnected, type PostgresClient } from './client.js'
import { SCHEMA } from './schema.generated.js'

/** Which schema the locks are in. */
export interface SchemaOptions {
  /** The schema of the tables and functions. Lower-case letters, digits and `_`, at most 40. Default `'holdfast'`. */
  readonly schema?: string | undefined
}

const NAME = /^[a-z_][a-z0-9_]{0,39}$/

/**
 * The name of the schema, checked: it becomes part of statements.
 * @param kind the function or backend that has the options
 * @param more the names of its other options
 */
export function schemaOf(options: SchemaOptions, kind: string, ...more: readonly string[]): string {
  checkOptions(kind, options, new Set(['schema', ...more]))
  const { schema = 'holdfast' } = options
  if (typeof schema !== 'string') throw new TypeError('schema must be a string')
  if (NAME.test(schema)) return schema
  throw new RangeError('schema must be lower-case letters, digits and _, at most 40, and not begin with a digit')
}

/** The SQL by which {@link migrate} makes the tables and functions, to run by hand: one statement. */
export function schemaSql(options: SchemaOptions = {}): string {
  return sqlOf(schemaOf(options, 'schemaSql'))
}

const sqlOf = (schema: string): string => SCHEMA.replaceAll(/\bholdfast\b/g, schema)

/**
 * Makes the tables and functions that this version needs, in one statement. Does nothing where they are there already,
 * which any role may ask for that may use them.
 *
 * @throws `TypeError` for an argument of the wrong kind; the client's own error: the role may not create a schema, the tables are of a newer version.
 */
export async function migrate(client: PostgresClient, options: SchemaOptions = {}): Promise<void> {
  checkClient(client, 'migrate needs')
  const sql = sqlOf(schemaOf(options, 'migrate'))
  checkConnected(client)
  await ('unsafe' in client ? client.unsafe(sql) : client.query(sql))
}
