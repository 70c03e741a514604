import { type Command, Option } from 'commander'
import { usageError } from '../failure.js'
import { run } from '../run/run.js'
import { chooseStore } from '../store/choose.js'
import { EXIT_CODES } from './help.js'
import type { Surroundings } from './program.js'
import { type CommonOptions, withStoreOptions } from './store-options.js'
import { limit, milliseconds, spanOption } from './values.js'

interface Given extends CommonOptions {
  readonly wait?: number
  readonly try?: boolean
  readonly shared?: number
  readonly ttl: number
  readonly grace: number
  readonly label?: string
}

const USAGE = '<name> -- <command> [arguments…]'

export function addRun(program: Command, { command, onEnd }: Surroundings): void {
  const added = program
    .command('run')
    .usage(`[options] ${USAGE}`)
    .description('Run a command while a name is held. Waits for the name without a limit, unless an option sets one.')
    .argument('<name>', 'the name of the lock')
    .addOption(new Option('--wait <s>', 'wait at most so many seconds').argParser(milliseconds).conflicts('try'))
    .option('--try', 'do not wait')
    .option('--shared <n>', 'share the name with others, n at one time (inf: any number)', limit)
    .addOption(spanOption('--ttl <s>', 'when this process dies, the name is free after so many seconds', 10, 10))
    .addOption(spanOption('--grace <s>', 'when the lock is lost, KILL follows TERM after so many seconds', 5))
    .option('--label <text>', 'who holds the name, for people (default: the host and the process id)')
    .addHelpText('after', EXIT_CODES)
  // Without a -- the command is read as further arguments and options of `run`, and the error is about those.
  if (command.length === 0)
    added.showHelpAfterError(`(put -- before the command: holdfast run ${USAGE}; --help shows the options)`)
  withStoreOptions(added).action(async (name: string, given: Given) => {
    if (command.length === 0) throw usageError(`run needs a command: holdfast run ${USAGE}`)
    const exitCode = await run({
      name,
      command,
      store: chooseStore(given, process.env),
      waitMs: given.try === true ? 0 : (given.wait ?? Infinity),
      limit: given.shared,
      ttlMs: given.ttl,
      label: given.label,
      graceMs: given.grace,
      storeTimeoutMs: given.storeTimeout,
    })
    onEnd(exitCode)
  })
}
