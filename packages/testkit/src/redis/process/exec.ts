import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

const OUTPUT_BYTES = 16 * 1024 * 1024

export interface RunOptions {
  readonly timeoutMs: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a program to its end and answers what it printed. Rejects with the text of its standard error when it fails;
 * the `cause` then says how.
 */
export function run(executable: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { timeoutMs, cwd, env } = options
  const settings = { timeout: timeoutMs, maxBuffer: OUTPUT_BYTES, cwd, env: { ...process.env, ...env } }
  return new Promise((resolve, reject) => {
    execFile(executable, args, settings, (cause, stdout, stderr) => {
      if (cause) reject(new Error(`${executable} failed: ${stderr.trim() || cause.message}`, { cause }))
      else resolve(stdout)
    })
  })
}

/** The file that a program name stands for on PATH, or `undefined`. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const file = join(directory, name)
    if (await isExecutable(file)) return file
  }
  return undefined
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
