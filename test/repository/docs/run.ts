import { execFile } from 'node:child_process'

// The limit only keeps a process from staying behind: the runner ends a test sooner, by the pace of the machine.
const LIMIT_MS = 600_000

export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs Node with these arguments to its end. */
export function runNode(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { timeout: LIMIT_MS, env: { ...process.env, NO_COLOR: '1' } },
      (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
  })
}

/** Runs a module to the end of its top level. The clients that it opened end with it. */
export function runModule(file: string): Promise<Ended> {
  return runNode(['--input-type=module', '--eval', 'await import(process.argv[1]); process.exit()', file])
}
