import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { eventually } from './eventually.js'

/** One of several processes that run the same program. Killed when disposed. */
export interface Replica extends AsyncDisposable {
  /** The lines that the process has printed. */
  readonly lines: readonly string[]
  readonly errors: readonly string[]
  signal(name: NodeJS.Signals): void
  /** The exit code of the process, once it has ended; `null` when a signal ended it. */
  ended(): Promise<number | null>
}

/** Processes that start on a busy machine take their time. */
const WITHIN_MS = 60_000

/** Runs a module for as long as it goes on by itself. */
export function startReplica(module: string): Replica {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', 'await import(process.argv[1])', module], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const lines: string[] = []
  const errors: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  createInterface(child.stderr).on('line', (line) => errors.push(line))
  const exited = once(child, 'close')
  return {
    lines,
    errors,
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

/** All lines that several processes have printed. */
export const printed = (replicas: readonly Replica[]): readonly string[] => replicas.flatMap(({ lines }) => lines)

/** Waits until a process has printed a line that begins so, behind the first `since` of its lines. */
export function whoPrints(replicas: readonly Replica[], start: string, since = 0): Promise<Replica> {
  return eventually(() => {
    const found = replicas.find(({ lines }) => lines.slice(since).some((line) => line.startsWith(start)))
    if (found === undefined) throw new Error(`nobody has printed '${start}': ${printed(replicas).join(', ')}`)
    return found
  }, WITHIN_MS)
}
