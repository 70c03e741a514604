import type { Locker } from '@holdfast/core'
import type { Command } from 'commander'
import { EXIT } from '../exit-codes.js'
import { Failure, messageOf, usageError } from '../failure.js'
import { print } from '../print.js'
import { release } from '../release.js'
import { inspect } from '../show/inspect.js'
import { list } from '../show/ls.js'
import { watch } from '../show/watch.js'
import { chooseStore } from '../store/choose.js'
import type { Surroundings } from './program.js'
import { type CommonOptions, withLocker, withStoreOptions } from './store-options.js'
import { spanOption } from './values.js'

interface LsOptions extends CommonOptions {
  readonly json?: boolean
  readonly watch?: boolean
  readonly interval: number
}

export function addLs(program: Command, { hide, onEnd }: Surroundings): void {
  const added = program
    .command('ls')
    .description('List all names that are held or waited for. Reads every key of the store, in pieces.')
    .option('--json', 'print JSON, in one line')
    .option('--watch', 'show the list again and again, until q or INT')
    .addOption(spanOption('--interval <s>', 'with --watch: how often, in seconds', 1))
  withStoreOptions(added).action(async (options: LsOptions) => {
    const { json = false, interval: intervalMs } = options
    if (options.watch !== true && added.getOptionValueSource('interval') !== 'default')
      throw usageError('--interval needs --watch')
    const show = (locks: Locker): Promise<number> =>
      options.watch === true ? watch(locks, { json, intervalMs, hide }) : list(locks, json)
    onEnd(await withLocker(options, show))
  })
}

interface InspectOptions extends CommonOptions {
  readonly json?: boolean
}

export function addInspect(program: Command, { onEnd }: Surroundings): void {
  const added = program
    .command('inspect')
    .description('Show who holds a name. The exit code is 1 when it is not held.')
    .argument('<name>', 'the name of the lock')
    .option('--json', 'print JSON, in one line')
  withStoreOptions(added).action(async (name: string, options: InspectOptions) => {
    onEnd(await withLocker(options, (locks) => inspect(locks, name, options.json ?? false)))
  })
}

export function addRelease(program: Command, { onEnd }: Surroundings): void {
  const added = program
    .command('release')
    .description('Free a name, whoever holds it: its holder loses it. The exit code is 1 when it is not held.')
    .argument('<name>', 'the name of the lock')
  withStoreOptions(added).action(async (name: string, options: CommonOptions) => {
    onEnd(await withLocker(options, (locks) => release(locks, name)))
  })
}

export function addMigrate(program: Command, { onEnd }: Surroundings): void {
  const added = program
    .command('migrate')
    .description('Make the tables and functions in PostgreSQL, once. Does nothing when they are there.')
  withStoreOptions(added).action(async (options: CommonOptions) => {
    const choice = chooseStore(options, process.env)
    if (choice.kind !== 'postgres') throw usageError('migrate is for PostgreSQL')
    const { migratePostgres } = await import('../store/postgres.js')
    await migratePostgres(choice, options.storeTimeout).catch((error: unknown) => {
      throw new Failure(EXIT.store, `PostgreSQL: ${messageOf(error)}`)
    })
    await print(['the tables and functions are there'])
    onEnd(EXIT.ok)
  })
}
