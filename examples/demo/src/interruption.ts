import { constants } from 'node:os'
import type { Conditions } from './conditions.js'

const CLEAN_UP_MS = 2_000

/** The error of a run that the user has ended. */
export class Interruption extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('interrupted')
    this.exitCode = exitCode
  }
}

/** Ends every wait when the user presses Ctrl-C, so that the run cleans up; the process ends soon after. */
export function heedInterruption({ fail }: Conditions): void {
  const end = (exitCode: number) => (): void => {
    fail(new Interruption(exitCode))
    setTimeout(() => process.exit(exitCode), CLEAN_UP_MS).unref()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end(128 + constants.signals[name]))
  // The reader of the output has gone, as in `npm run demo | head`.
  process.stdout.on('error', end(1))
}
