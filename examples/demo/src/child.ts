import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MESSAGE_LENGTH = 2_000

/** A process of the demo. */
export interface Child<Order extends object> {
  readonly pid: number
  readonly tell: (order: Order) => void
  readonly signal: (name: NodeJS.Signals) => void
  /** Whether the process runs, stopped or not. */
  readonly alive: () => boolean
  /** How the process ended, in words. Never rejects. */
  readonly ended: Promise<string>
  /** Ends the process at once. */
  readonly end: () => Promise<void>
}

/** Starts a module of this folder as a process of its own. */
export function startChild<Order extends object, News>(file: string, onNews: (news: News) => void): Child<Order> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} could not be started as a process`)
  let printed = ''
  child.stderr?.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-MESSAGE_LENGTH)))
  child.on('message', (news) => onNews(news as News))
  // A send fails when the process ends meanwhile; `ended` reports that end.
  child.on('error', () => {})
  const ended = howItEnded(child, () => printed)
  const alive = (): boolean => child.exitCode === null && child.signalCode === null
  const signal = (name: NodeJS.Signals): void => void (alive() && child.kill(name))
  return {
    pid,
    tell: (order) => void (child.connected && child.send(order)),
    signal,
    alive,
    ended,
    end: async () => {
      signal('SIGKILL')
      await ended
    },
  }
}

async function howItEnded(child: ChildProcess, printed: () => string): Promise<string> {
  await once(child, 'exit').catch(() => {})
  const reason = printed()
    .split('\n')
    .find((line) => /\bError\b/.test(line))
  return `${child.signalCode ?? `exit code ${child.exitCode}`}${reason === undefined ? '' : ` (${reason.trim()})`}`
}
