import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { sleep } from './sleep.js'

/**
 * No server may outlive the process that asked for it, however that process ends: exit, exception, SIGKILL. Handlers
 * for exit or signals would miss SIGKILL and change how the process behaves, so a shell minds the server instead.
 * Its file descriptor 3 is a socket to us: it writes the server's pid there, and when the socket ends because we are
 * gone, the server is killed and its directory removed. The shell ends when the server does; what waits for the socket
 * then gets a signal to end too, which it ignores while it removes the directory.
 */
const SCRIPT = `
directory=$1; shift
"$@" 3<&- &
server=$!
{ read -r _ <&3; trap '' TERM; kill -9 "$server"; rm -rf "$directory"; } >/dev/null 2>&1 &
watch=$!
echo "$server" >&3
exec 3<&-
wait "$server"
code=$?
kill "$watch"
wait "$watch"
exit "$code"
`
const LOG_LENGTH = 4096
const OUTPUT_LAG_MS = 200
const NO_PID = 0

/** A server process that cannot outlive this one. */
export interface Supervised {
  readonly pid: number
  readonly hasEnded: () => boolean
  /** Waits for the end of the server, which keeps this process alive, and answers the end of what it printed. */
  readonly untilEnded: () => Promise<string>
  /** Sends a signal to the server; throws when it has ended. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Ends the server with SIGKILL and resolves when it is gone. The directory stays. */
  readonly kill: () => Promise<void>
  /** Ends the server like `kill`, and removes the directory too, even if this process ends meanwhile. */
  readonly dispose: () => Promise<void>
}

export interface SupervisedCommand {
  readonly executable: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The directory of the server. Removed when this process ends before the server does. */
  readonly directory: string
}

/** Starts a server. Rejects when there is no shell to start it with. */
export async function supervise(command: SupervisedCommand): Promise<Supervised> {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', command.directory, command.executable, ...command.args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // The server has a session of its own, so that signals of the terminal to this process (Ctrl-C) do not reach it.
    detached: true,
    env: { ...process.env, ...command.env },
  })
  const log = keepLog(child)
  const ended = endOf(child).then(log)
  const pid = await Promise.race([readPid(child), ended.then(() => NO_PID)])
  if (!(pid > 0)) throw new Error(`the Redis server was not started: ${log().trim()}`)
  letGo(child)

  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const signal = (name: NodeJS.Signals): void => {
    if (hasEnded()) throw new Error('the Redis server does not run')
    process.kill(pid, name)
  }
  const untilEnded = (): Promise<string> => {
    child.ref()
    return ended
  }
  const kill = async (): Promise<void> => {
    if (!hasEnded()) killIfThere(pid)
    await untilEnded()
  }
  const dispose = async (): Promise<void> => {
    child.stdio[3]?.destroy()
    await untilEnded()
  }
  return { pid, hasEnded, untilEnded, signal, kill, dispose }
}

async function endOf(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close').catch(() => {})
  await once(child, 'exit')
  // The output may lag behind; a forked child of the server may even keep it open.
  await Promise.race([closed, sleep(OUTPUT_LAG_MS)])
}

async function readPid(child: ChildProcess): Promise<number> {
  const lifeline = child.stdio[3]
  if (!(lifeline instanceof Socket)) return NO_PID
  lifeline.on('error', () => {})
  let text = ''
  for await (const chunk of lifeline.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.endsWith('\n')) break
  }
  return Number(text)
}

/** Collects the end of what the server prints, for the error message when it does not start. */
function keepLog(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-LOG_LENGTH)))
  }
  return () => text
}

/** A server that was not stopped does not keep this process alive. */
function letGo(child: ChildProcess): void {
  child.unref()
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref()
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The server ended by itself a moment ago.
  }
}
