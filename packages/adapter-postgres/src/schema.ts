import { checkClient, type PostgresClient } from './client.js'
import { SCHEMA } from './schema.generated.js'

/** Which schema the locks are in. */
export interface SchemaOptions {
  /** The schema of the tables and functions. Lower-case letters, digits and `_`, at most 40. Default `'holdfast'`. */
  readonly schema?: string | undefined
}

const NAME = /^[a-z_][a-z0-9_]{0,39}$/

/** The name of the schema, checked: it becomes part of statements. */
export function schemaOf({ schema = 'holdfast' }: SchemaOptions = {}): string {
  if (typeof schema !== 'string') throw new TypeError('schema must be a string')
  if (NAME.test(schema)) return schema
  throw new RangeError('schema must be lower-case letters, digits and _, at most 40, and not begin with a digit')
}

/** The SQL by which {@link migrate} makes the tables and functions, to run by hand: one statement. */
export function schemaSql(options?: SchemaOptions): string {
  return SCHEMA.replaceAll(/\bholdfast\b/g, schemaOf(options))
}

/**
 * Makes the tables and functions that this version needs, in one statement. Does nothing where they are there already,
 * which any role may ask for that may use them.
 *
 * @throws the client's own error: the role may not create a schema, the tables are of a newer version.
 */
export async function migrate(client: PostgresClient, options?: SchemaOptions): Promise<void> {
  checkClient(client, 'migrate')
  const sql = schemaSql(options)
  await ('unsafe' in client ? client.unsafe(sql) : client.query(sql))
}
