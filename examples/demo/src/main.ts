import { parseArgs } from 'node:util'
import { migrate, postgresBackend } from '@holdfast/adapter-postgres'
import { memoryBackend, memoryStore } from '@holdfast/core'
import pico from 'picocolors'
import { type Conditions, createConditions } from './conditions.js'
import { runProcesses } from './director.js'
import type { Evidence } from './evidence.js'
import { findPostgresStore, findStore } from './find-store.js'
import { heedInterruption, Interruption } from './interruption.js'
import { createProgress, type Progress } from './progress.js'
import { writeReport } from './report.js'
import { runTasks } from './tasks.js'
import { judge } from './verdict.js'
import { openPostgresWays, openWays } from './ways.js'

const USAGE = `npm run demo                six processes on a real Redis, which is found or fetched
npm run demo -- --postgres  the same on PostgreSQL, with transactions that depend on the lock
npm run demo -- --memory    six tasks of one process, without a server
`
const NEXT = `What next? In your own code it is this much:

  const locks = createLocker({ backend: ioredisBackend(new Redis()) })
  await locks.request('invoice:42', async (lease) => {
    // Nobody else is here. lease.signal tells if that ends; lease.fence proves it to what you write to.
  })

The section that the workers ran is examples/demo/src/section.ts. README.md goes on from here, and docs/guarantees.md
says what is promised and what is not.
`
/** The limit of each wait, long enough for a busy machine. */
const LIMIT_MS = 30_000
const LINGER_MS = 2_000
const COLUMNS = 100

process.exitCode = await main()
// The process ends by itself; the timer ends it if something keeps it alive.
setTimeout(() => process.exit(), LINGER_MS).unref()

async function main(): Promise<number> {
  const { memory, postgres, help, unknown } = readArguments()
  if (help || unknown) {
    process[unknown ? 'stderr' : 'stdout'].write(unknown ? `${unknown}\n${USAGE}` : USAGE)
    return unknown ? 2 : 0
  }
  const { stdout, stderr, env } = process
  const progress = createProgress(stdout)
  const conditions = createConditions(LIMIT_MS)
  heedInterruption(conditions)
  try {
    const evidence = await (memory
      ? runInMemory('as --memory wants it', progress, conditions)
      : postgres
        ? runOnPostgres(progress, conditions)
        : run(progress, conditions))
    progress.end()
    const checks = judge(evidence)
    const colors = pico.createColors(stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb')
    stdout.write(`\n${writeReport(evidence, checks, { columns: stdout.columns ?? COLUMNS, colors })}\n\n${NEXT}`)
    return checks.every(({ ok }) => ok) ? 0 : 1
  } catch (error) {
    progress.end()
    if (error instanceof Interruption) return error.exitCode
    stderr.write(`\nThe demo could not run to its end: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

async function run(progress: Progress, conditions: Conditions): Promise<Evidence> {
  const store = await findStore((line) => progress.event(line))
  if ('reason' in store) return runInMemory(store.reason, progress, conditions)
  const { redis, description, place } = store
  try {
    progress.event(`${description} (${place}), at ${redis.host}:${redis.port}`)
    return await runProcesses({ description, openWays: () => openWays(redis.url) }, progress, conditions)
  } finally {
    await redis.stop()
  }
}

async function runOnPostgres(progress: Progress, conditions: Conditions): Promise<Evidence> {
  const { postgres, description, place } = await findPostgresStore((line) => progress.event(line))
  try {
    if (postgres.source === 'pglite') {
      progress.event('PGlite, in one process, where nobody can be killed or stopped: no server was found')
      const { database } = postgres
      await migrate(database)
      return await runTasks({ description, newBackend: () => postgresBackend(database) }, progress, conditions)
    }
    const { url, host, port } = postgres
    progress.event(`${description} (${place}), at ${host}:${port}`)
    return await runProcesses({ description, openWays: () => openPostgresWays(url) }, progress, conditions)
  } finally {
    await postgres.stop()
  }
}

function runInMemory(reason: string, progress: Progress, conditions: Conditions): Promise<Evidence> {
  progress.event(`in memory, in one process, where nobody can be killed or stopped: ${reason}`)
  const store = memoryStore()
  const description = 'the memory store, in one process'
  return runTasks({ description, newBackend: () => memoryBackend({ store }) }, progress, conditions)
}

interface Arguments {
  readonly memory: boolean
  readonly postgres: boolean
  readonly help: boolean
  readonly unknown?: string
}

function readArguments(): Arguments {
  try {
    const flag = { type: 'boolean', default: false } as const
    return parseArgs({ options: { memory: flag, postgres: flag, help: { ...flag, short: 'h' } } }).values
  } catch (error) {
    return { memory: false, postgres: false, help: false, unknown: (error as Error).message }
  }
}
