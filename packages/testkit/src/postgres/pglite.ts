import { wantsOwn, type FoundPostgres, type PostgresOptions } from './rung.js'
import { reasonOf } from './tools.js'

/** PostgreSQL compiled to WebAssembly, within this process: the last rung, which needs npm alone. */
export async function findByPglite(options: PostgresOptions): Promise<FoundPostgres | string> {
  if (wantsOwn(options)) return 'PGlite is passed over: a server of its own is wanted'
  try {
    const { PGlite } = await import('@electric-sql/pglite')
    const start: FoundPostgres['start'] = async () => {
      const database = await PGlite.create()
      let closed: Promise<void> | undefined
      const stop = (): Promise<void> => (closed ??= database.close())
      return { source: 'pglite', database, stop, [Symbol.asyncDispose]: stop }
    }
    return { source: 'pglite', description: '@electric-sql/pglite', start }
  } catch (error) {
    return `@electric-sql/pglite is not installed beside @holdfast/testkit: ${reasonOf(error)}`
  }
}
