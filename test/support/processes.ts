import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from './eventually.js'

/** A message of a contender, with the host-wide monotonic time in milliseconds. */
export interface Told {
  readonly event: 'ready' | 'held' | 'gave' | 'lost' | 'done' | 'believes' | 'cycled'
  readonly at: number
  readonly fence?: number
  readonly held?: boolean
  /** The size of the heap in bytes. */
  readonly heap?: number
  readonly listeners?: number
}

/** A process that holds and waits by order. Killed when disposed. */
export interface Contender extends AsyncDisposable {
  readonly told: readonly Told[]
  order(order: string, details?: object): void
  /** Waits for a message of this kind, behind the first `since` messages, and answers it. */
  heard(event: Told['event'], since?: number): Promise<Told>
  signal(name: NodeJS.Signals): void
  /** The exit code of the process, once it has ended; `null` when a signal ended it. */
  ended(): Promise<number | null>
}

/** Many processes that start at once on a busy machine take their time. */
const PATIENCE_MS = 40_000

/** @param execArgv options of Node for the process */
export async function startContender(client: string, port: number, execArgv: string[] = []): Promise<Contender> {
  const path = join(import.meta.dirname, 'contender.mjs')
  const child = fork(path, [client, `${port}`], { stdio: ['ignore', 'inherit', 'ignore', 'ipc'], execArgv })
  const told: Told[] = []
  child.on('message', (message) => told.push(message as Told))
  const exited = once(child, 'exit')
  const heard = (event: Told['event'], since = 0): Promise<Told> =>
    eventually(() => {
      const found = told.slice(since).find((each) => each.event === event)
      if (found === undefined) throw new Error(`the process has not told of '${event}'`)
      return found
    }, PATIENCE_MS)
  await heard('ready')
  return {
    told,
    order: (order, details = {}) => void child.send({ order, ...details }),
    heard,
    signal: (name) => void child.kill(name),
    ended: async () => {
      await exited
      return child.exitCode
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
