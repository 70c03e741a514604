import type { LockBackend } from '@holdfast/core'
import { bounded } from '../bounded.js'
import { EXIT } from '../exit-codes.js'
import { Failure, messageOf } from '../failure.js'
import type { StoreChoice } from './choose.js'

/** A store that answered. */
export interface Store {
  readonly backend: LockBackend
  /** Ends the connections. Does nothing for a module, whose connections are its own. */
  close(): void
}

/**
 * Opens the store and waits for a first answer of the server. A client is loaded only if it is used.
 * @throws Failure with `EXIT.store` when there is no answer within `timeoutMs`; with `EXIT.usage` for a bad module.
 */
export async function openStore(choice: StoreChoice, timeoutMs: number): Promise<Store> {
  try {
    return await bounded(open(choice, timeoutMs), timeoutMs)
  } catch (error) {
    if (error instanceof Failure || error instanceof TypeError || error instanceof RangeError) throw error
    throw new Failure(EXIT.store, `${TITLES[choice.kind]} cannot be reached: ${messageOf(error)}`)
  }
}

const TITLES = { redis: 'Redis', postgres: 'PostgreSQL', module: 'the store of the module' } as const

async function open(choice: StoreChoice, timeoutMs: number): Promise<Store> {
  if (choice.kind === 'redis') return (await import('./redis.js')).openRedis(choice, timeoutMs)
  if (choice.kind === 'postgres') return (await import('./postgres.js')).openPostgres(choice, timeoutMs)
  return (await import('./module.js')).openModule(choice.file)
}
