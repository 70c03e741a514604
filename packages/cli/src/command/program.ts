import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { ENVIRONMENT, EXIT_CODES } from './help.js'
import { addLs, addInspect, addMigrate, addRelease } from './others.js'
import { addRun } from './run.js'

/** The parts of the process that the commands use. */
export interface Surroundings {
  /** The command line that `run` runs: empty without a `--`. */
  readonly command: readonly string[]
  /** Takes secrets out of a message. */
  readonly hide: (text: string) => string
  /** Called with the exit code. */
  readonly onEnd: (exitCode: number) => void
}

/** The program, with all its commands. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('holdfast')
    .description('Runs commands under distributed locks, and shows the locks.')
    .version(versionOf())
    .addHelpText('after', EXIT_CODES + ENVIRONMENT)
    .showHelpAfterError('(--help shows the options)')
    .exitOverride()
    // Its own text in front of the message, and no secret in it: an unknown option may carry a URL.
    .configureOutput({
      outputError: (text, write) => write(surroundings.hide(text.replace(/^error: /, 'holdfast: '))),
    })
  for (const add of [addRun, addLs, addInspect, addRelease, addMigrate]) add(program, surroundings)
  return program
}

function versionOf(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
