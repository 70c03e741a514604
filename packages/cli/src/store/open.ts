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
  // Loading a client takes the time of this machine, not that of the store.
  const open = await openerOf(choice)
  const opening = open(timeoutMs)
  try {
    return await bounded(opening, timeoutMs)
  } catch (error) {
    // The store may be open in the end, too late.
    opening.then(
      (store) => store.close(),
      () => {},
    )
    if (error instanceof Failure || error instanceof TypeError || error instanceof RangeError) throw error
    throw new Failure(EXIT.store, `${TITLES[choice.kind]} cannot be reached: ${messageOf(error)}`)
  }
}

const TITLES = { redis: 'Redis', postgres: 'PostgreSQL', module: 'the store of the module' } as const

type Opener = (timeoutMs: number) => Promise<Store>

async function openerOf(choice: StoreChoice): Promise<Opener> {
  if (choice.kind === 'redis') {
    const { openRedis } = await import('./redis.js')
    return (timeoutMs) => openRedis(choice, timeoutMs)
  }
  if (choice.kind === 'postgres') {
    const { openPostgres } = await import('./postgres.js')
    return (timeoutMs) => openPostgres(choice, timeoutMs)
  }
  const { openModule } = await import('./module.js')
  return () => openModule(choice.file)
}
