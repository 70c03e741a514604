import { createLocker, type Locker } from '@holdfast/core'
import type { Command } from 'commander'
import { chooseStore, type StoreOptions } from '../store/choose.js'
import { openStore } from '../store/open.js'
import { spanOption } from './values.js'

/** The options that every command has. */
export interface CommonOptions extends StoreOptions {
  readonly storeTimeout: number
}

/** Adds the options that name the store. */
export function withStoreOptions(command: Command): Command {
  return command
    .option('--redis <url>', 'the store: Redis or Valkey')
    .option('--postgres <url>', 'the store: PostgreSQL')
    .option('--module <file>', 'the store: a module whose default export is a backend, or a function that makes one')
    .option('--prefix <text>', "Redis: what all keys begin with (default: 'lock:')")
    .option('--schema <name>', "PostgreSQL: the schema of the tables (default: 'holdfast')")
    .addOption(spanOption('--store-timeout <s>', 'how long the store may give no answer, in seconds', 10))
}

/** Opens the store, lets `use` ask it, and closes it. */
export async function withLocker(options: CommonOptions, use: (locks: Locker) => Promise<number>): Promise<number> {
  const store = await openStore(chooseStore(options, process.env), options.storeTimeout)
  const locks = createLocker({ backend: store.backend, attemptTimeoutMs: options.storeTimeout })
  try {
    return await use(locks)
  } finally {
    await locks.close()
    store.close()
  }
}
