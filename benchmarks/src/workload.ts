import { writeFile } from 'node:fs/promises'
import { startRedis, type RedisServer } from '@holdfast/testkit/redis'
import { connect, type Clients } from './locks/clients.js'
import { type Options, readOptions } from './options.js'
import type { Section } from './report/section.js'
import { table } from './report/table.js'

/** The settings of a workload. */
export interface Bench {
  readonly options: Options
  readonly server: RedisServer
  readonly clients: Clients
}

/**
 * Runs one workload from the command line, on a server of its own, and prints its tables: `node dist/w1.js --short`.
 * Does nothing when the module was imported.
 */
export async function runAlone(module: string, workload: (bench: Bench) => Promise<Section[]>): Promise<void> {
  if (module !== process.argv[1]) return
  const options = readOptions(process.argv.slice(2))
  const server = await startRedis({ onProgress: (line) => void process.stderr.write(`${line}\n`) })
  const clients = await connect(server.url)
  // A peer's own subscriber must not end the run when its server does.
  process.on('unhandledRejection', (error) => void process.stderr.write(`${String(error)}\n`))
  try {
    const sections = await workload({ options, server, clients })
    for (const section of sections) process.stdout.write(`${table(section)}\n`)
    if (options.out !== undefined) {
      const { product, version } = server
      await writeFile(options.out, JSON.stringify({ server: `${product} ${version}`, sections }))
    }
  } finally {
    await clients.close()
    // A server that was started here ends with this process. Some peers leave connections and timers behind, and
    // complain when the server ends before them.
    process.exit()
  }
}
