import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unprivileged } from './account.js'
import { byApt, type Wanted } from './apt.js'
import { untilReady } from './ready.js'
import { freePort, onPath, run, supervise } from './tools.js'

const READY_MS = 30_000
const VERSION_MS = 10_000
const host = '127.0.0.1'

/** A PgBouncer in front of a server. */
export interface PgBouncer extends AsyncDisposable {
  /** For a client: `postgres://postgres@127.0.0.1:<port>/postgres`. */
  readonly url: string
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

interface Program {
  readonly executable: string
  readonly env: Readonly<Record<string, string>>
}

const identify = async (executable: string, env: Readonly<Record<string, string>> = {}): Promise<Program> => {
  await run(executable, ['--version'], { timeoutMs: VERSION_MS, env })
  return { executable, env }
}

const PACKAGE: Wanted<Program> = {
  entry: 'pgbouncer-',
  packages: async () => ['pgbouncer'],
  open: (tree, env) => identify(join(tree, 'usr', 'sbin', 'pgbouncer'), env),
}

/**
 * Starts a PgBouncer in transaction mode, with few connections to the server, so that statements of one client run on
 * several of them. Without a pgbouncer on PATH and without a package of it, answers the reason in words.
 */
export async function startPgBouncer(server: {
  readonly host: string
  readonly port: number
}): Promise<PgBouncer | string> {
  const installed = await onPath('pgbouncer')
  const program = installed === undefined ? await byApt(PACKAGE) : await identify(installed)
  if (typeof program === 'string') return program
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-pgbouncer-'))
  const account = await unprivileged()
  await account.own(directory)
  const port = await freePort()
  const file = join(directory, 'pgbouncer.ini')
  await writeFile(file, settings(server, port))
  const running = await supervise({ ...account.command(program.executable, [file]), env: program.env, directory })
  await untilReady({ host, port }, READY_MS, running.hasEnded)
  const stop = async (): Promise<void> => {
    await running.dispose()
    await rm(directory, { recursive: true, force: true })
  }
  return { url: `postgres://postgres@${host}:${port}/postgres`, host, port, stop, [Symbol.asyncDispose]: stop }
}

const settings = (server: { readonly host: string; readonly port: number }, port: number): string => `
[databases]
* = host=${server.host} port=${server.port} user=postgres
[pgbouncer]
listen_addr = ${host}
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
server_login_retry = 1
`
