import { type ChildProcess, spawn } from 'node:child_process'
import { EXIT, exitCodeOf } from '../exit-codes.js'
import { Failure } from '../failure.js'

/** The command while it runs. */
export interface Child {
  /** The exit code of the command: 128 and the number of the signal, if one killed it. */
  readonly ended: Promise<number>
  send(signal: NodeJS.Signals): void
}

/**
 * Starts the command with the input and the output of this process.
 * @throws Failure with the codes 127 and 126 when there is no such command, or when it cannot be executed.
 */
export async function startChild(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Child> {
  const [file = '', ...args] = command
  if (file === '') throw new Failure(EXIT.notFound, "'': command not found")
  let child: ChildProcess
  try {
    child = spawn(file, args, { stdio: 'inherit', env })
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  } catch (error) {
    throw notStarted(file, error)
  }
  // A signal that cannot be sent is reported by this event, and does not end the command.
  child.on('error', () => {})
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? EXIT.ok) : exitCodeOf(signal)))
  })
  return { ended, send: (signal) => void child.kill(signal) }
}

function notStarted(file: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (code === 'ENOENT') return new Failure(EXIT.notFound, `${file}: command not found`)
  return new Failure(EXIT.notExecutable, `${file}: cannot be executed (${code})`)
}

/** Ends the command: by TERM, and by KILL when it still runs after `graceMs`. */
export async function endChild({ ended, send }: Child, graceMs: number): Promise<void> {
  send('SIGTERM')
  // A command that is stopped takes TERM only when it goes on.
  send('SIGCONT')
  const kill = setTimeout(() => send('SIGKILL'), graceMs)
  await ended
  clearTimeout(kill)
}
