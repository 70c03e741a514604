import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './port.js'
import { untilReady } from './ready.js'
import { reasonOf } from '../find/source.js'
import { createServerHandle, type RedisServer, type RedisSource } from '../server.js'
import { supervise, type Supervised } from './supervise.js'
import type { Version } from './version.js'

const READY_MS = 20_000
const PORT_ATTEMPTS = 5

/** A server program of this machine. */
export interface Program extends Version {
  readonly executable: string
  /** Environment variables that it needs. */
  readonly env: Readonly<Record<string, string>>
}

export interface ProgramOptions {
  readonly port?: number
  readonly args?: readonly string[]
  /** The text of a configuration file to start with, which the server may rewrite. Default: none. */
  readonly config?: string
}

/** Starts a program as a server on 127.0.0.1, in a directory of its own, without persistence. */
export async function startProgram(
  program: Program,
  source: RedisSource,
  options: ProgramOptions,
): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-redis-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  const { config } = options
  const file = config === undefined ? [] : [join(directory, 'server.conf')]
  const launch = (port: number): Promise<Supervised> =>
    launchOn({ program, file, extra: options.args ?? [], directory, port })
  try {
    for (const path of file) await writeFile(path, config ?? '')
    const first = await launchSomewhere(launch, options.port)
    let current = first.running
    const { executable, product, version } = program
    const { port } = first
    const host = '127.0.0.1'
    return createServerHandle(
      { url: `redis://${host}:${port}`, host, port, source, product, version, executable },
      {
        pid: () => (current.hasEnded() ? undefined : current.pid),
        pause: () => current.signal('SIGSTOP'),
        resume: () => current.signal('SIGCONT'),
        kill: () => current.kill(),
        start: async () => void (current = await launch(port)),
        dispose: async () => {
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

async function launchSomewhere(
  launch: (port: number) => Promise<Supervised>,
  wanted: number | undefined,
): Promise<{ readonly port: number; readonly running: Supervised }> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort())
    try {
      return { port, running: await launch(port) }
    } catch (error) {
      // Another process took the port between the look and the start.
      const taken = error instanceof Error && /address already in use/i.test(error.message)
      if (!taken || wanted !== undefined || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

interface Launch {
  readonly program: Program
  /** The path of the configuration file, if there is one. */
  readonly file: readonly string[]
  readonly extra: readonly string[]
  readonly directory: string
  readonly port: number
}

async function launchOn({ program, file, extra, directory, port }: Launch): Promise<Supervised> {
  // Another server may answer on the port while ours fails to get it. On this socket only ours answers.
  const path = join(directory, 'socket')
  const listen = ['--port', `${port}`, '--bind', '127.0.0.1', '--unixsocket', path]
  const keepNothing = ['--save', '', '--appendonly', 'no', '--dir', directory]
  const args = [...file, ...listen, ...keepNothing, '--daemonize', 'no', ...extra]
  const { executable, env } = program
  await rm(path, { force: true })
  const running = await supervise({ executable, env, args, directory })
  try {
    await untilReady({ path }, READY_MS, running.hasEnded)
    return running
  } catch (cause) {
    const endedAlone = running.hasEnded()
    await running.kill()
    const log = (await running.untilEnded()).trim()
    throw new Error(endedAlone ? `the Redis server ended at once:\n${log}` : `${reasonOf(cause)}:\n${log}`, { cause })
  }
}
