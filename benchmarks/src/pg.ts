import { startPostgres } from '@holdfast/testkit/postgres'
import { readOptions } from './options.js'
import { prepare } from './postgres/contenders.js'
import { NAMES, tables } from './postgres/tables.js'
import { table } from './report/table.js'

// Holdfast on PostgreSQL beside the two ways to lock that it has of itself: `node dist/pg.js [--short] [--only …]`.

// A server of tests has fsync off, which no server of yours should have. After a crash, the first setting here has lost
// nothing, the second setting the last moments.
const DURABLE = ['fsync=on', 'full_page_writes=on', 'max_connections=400']
const SETTINGS = [
  { durability: 'synchronous_commit on, fsync on', settings: DURABLE },
  { durability: 'synchronous_commit off, fsync on', settings: [...DURABLE, 'synchronous_commit=off'] },
]

const options = readOptions(process.argv.slice(2))
for (const { durability, settings } of SETTINGS) {
  const server = await startPostgres({ own: true, settings })
  await prepare(server.url, NAMES)
  for (const section of await tables({ url: server.url, options, durability })) {
    process.stdout.write(`${table(section)}\n`)
  }
  await server.stop()
}
