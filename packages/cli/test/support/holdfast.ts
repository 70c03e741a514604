import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { eventually } from '../../../../test/support/eventually.js'

export const BIN: string = join(import.meta.dirname, '../../dist/bin.js')

/** The whole output of a process of the command, and how the process ended. */
export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of the command, with all processes that it started. */
export interface Started extends AsyncDisposable {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Waits until this text has been printed on the standard output. */
  printed(text: string): Promise<void>
  /** Sends a signal to the process of `holdfast` alone. */
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** Processes that were started and not disposed of yet: a test that runs out of time does not dispose of them. */
const running = new Set<number>()
const killAll = (): void => running.forEach(killGroup)
afterAll(killAll)
process.on('exit', killAll)

/** The environment of the command: without the stores of the machine on which the tests run. */
export function environment(over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { REDIS_URL: _, DATABASE_URL: __, ...env } = process.env
  return { ...env, NO_COLOR: '1', ...over }
}

/**
 * Starts the built command, in a session of its own: no terminal, and a group of processes that must be empty when the
 * result is disposed. Disposing kills the processes that are left, and throws if one of them is not `holdfast` itself.
 */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [BIN, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(env),
  })
  const { pid } = child
  if (pid === undefined) throw new Error('the command did not start')
  running.add(pid)
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, stdout, stderr }))
  return {
    pid,
    stdout: () => stdout,
    stderr: () => stderr,
    printed: (text) =>
      eventually(() => {
        if (!stdout.includes(text)) throw new Error(`not printed: ${text}; but: ${stdout}${stderr}`)
      }),
    signal: (name) => void child.kill(name),
    ended,
    [Symbol.asyncDispose]: async () => {
      const wasRunning = child.exitCode === null && child.signalCode === null
      const left = killGroup(pid)
      running.delete(pid)
      await ended
      if (left && !wasRunning) throw new Error('the command left a process behind')
    },
  }
}

/** Runs the built command to its end. */
export async function holdfast(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  await using started = start(args, env)
  return await started.ended
}

/** Kills a group of processes. Answers whether there was any. */
function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}

/** A folder for files of a test, removed after it. */
export function folder(): Disposable & { readonly path: string; file(name: string, text: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
  return {
    path,
    file: (name, text) => {
      const file = join(path, name)
      writeFileSync(file, text)
      return file
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
