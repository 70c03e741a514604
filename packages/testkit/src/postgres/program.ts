import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unprivileged, type Account } from './account.js'
import { untilReady } from './ready.js'
import type { PostgresOptions } from './rung.js'
import { createPostgresHandle, type PostgresServer, type PostgresSource } from './server.js'
import { freePort, run, supervise, type Supervised } from './tools.js'

const READY_MS = 60_000
const INIT_MS = 120_000
const ATTEMPTS = 5
const host = '127.0.0.1'

/** The programs of a PostgreSQL server. */
export interface Program {
  /** The folder with `initdb` and `postgres`. */
  readonly bin: string
  /** Environment variables that they need. */
  readonly env: Readonly<Record<string, string>>
}

// A crash of the machine loses the data, a crash of the server does not.
const FAST = ['fsync=off', 'full_page_writes=off', 'shared_buffers=32MB', 'max_connections=200']

/** Makes a database in a directory of its own and starts a server for it, on 127.0.0.1. */
export async function startProgram(
  program: Program,
  source: PostgresSource,
  options: PostgresOptions,
): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-postgres-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const account = await unprivileged()
    await account.own(directory)
    await makeDatabase(program, account, directory)
    const launch = (port: number): Promise<Supervised> => launchOn({ program, account, directory, port, options })
    const first = await launchSomewhere(launch)
    let current = first.running
    const { port } = first
    const end = async (): Promise<void> => {
      if (current.hasEnded()) return
      // The server's processes end with it, and clear their shared memory; SIGKILL would leave both for a while.
      await signalAll(current, 'SIGQUIT')
      await signalAll(current, 'SIGCONT')
      await current.untilEnded()
    }
    return createPostgresHandle(
      { url: `postgres://postgres@${host}:${port}/postgres`, host, port, source },
      {
        pause: () => signalAll(current, 'SIGSTOP'),
        resume: () => signalAll(current, 'SIGCONT'),
        kill: end,
        start: async () => void (current = await launch(port)),
        dispose: async () => {
          await end()
          await current.dispose()
          await remove()
        },
      },
    )
  } catch (error) {
    await remove()
    throw error
  }
}

async function makeDatabase(program: Program, account: Account, directory: string): Promise<void> {
  const args = ['--pgdata', join(directory, 'data'), '--username=postgres', '--auth=trust', '--encoding=UTF8']
  const command = account.command(join(program.bin, 'initdb'), [...args, '--locale=C', '--no-sync'])
  await run(command.executable, command.args, { timeoutMs: INIT_MS, cwd: directory, env: program.env })
}

async function launchSomewhere(
  launch: (port: number) => Promise<Supervised>,
): Promise<{ readonly port: number; readonly running: Supervised }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return { port, running: await launch(port) }
    } catch (error) {
      // Another process took the port between the look and the start.
      const taken = error instanceof Error && /address already in use/i.test(error.message)
      if (!taken || attempt === ATTEMPTS) throw error
    }
  }
}

interface Launch {
  readonly program: Program
  readonly account: Account
  readonly directory: string
  readonly port: number
  readonly options: PostgresOptions
}

async function launchOn({ program, account, directory, port, options }: Launch): Promise<Supervised> {
  const settings = [`listen_addresses=${host}`, `port=${port}`, `unix_socket_directories=${directory}`, ...FAST]
  const args = [...settings, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting])
  const command = account.command(join(program.bin, 'postgres'), ['-D', join(directory, 'data'), ...args])
  const running = await supervise({ ...command, env: program.env, directory })
  try {
    await untilReady({ host, port }, READY_MS, running.hasEnded)
    return running
  } catch (cause) {
    await running.kill()
    throw new Error(`the PostgreSQL server did not start:\n${(await running.untilEnded()).trim()}`, { cause })
  }
}

/** Sends a signal to the server and to each of its processes: they are not in one group. */
async function signalAll(server: Supervised, name: NodeJS.Signals): Promise<void> {
  const lines = (await run('ps', ['-A', '-o', 'pid=,ppid='], { timeoutMs: INIT_MS })).trim().split('\n')
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number))
  if (server.hasEnded()) return
  // The server gets the signal first, so that it makes no other process meanwhile. It may end before its supervisor
  // notices.
  signalIfThere(server.pid, name)
  for (const [pid, parent] of pairs) if (parent === server.pid && pid !== undefined) signalIfThere(pid, name)
}

function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // The server ended by itself a moment ago.
  }
}
