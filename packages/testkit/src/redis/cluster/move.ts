import { ask } from '../wire/admin.js'
import { ownerOf, viewOf, viewsOf } from './view.js'
import type { RedisServer } from '../server.js'

const MIGRATE_MS = 5_000
const BATCH = 100

/**
 * A slot on its way from one master to another. Until it is finished, the source answers with ASK for keys that have
 * left it.
 */
export interface SlotMove {
  readonly slot: number
  readonly from: RedisServer
  readonly to: RedisServer
  /** Moves the keys that are there now, or the keys that are named. Answers how many there were. */
  migrate(keys?: readonly string[]): Promise<number>
  /** Moves the rest and announces the new owner to all masters: from now on the source answers with MOVED. */
  finish(): Promise<void>
}

/** Begins to move a slot. */
export async function openSlot(servers: readonly RedisServer[], slot: number, to: RedisServer): Promise<SlotMove> {
  const views = await viewsOf(servers)
  const owner = ownerOf(slot, views)
  const target = await viewOf(to)
  if (owner === undefined) throw new Error(`no node serves slot ${slot}`)
  if (owner.server === to) throw new Error(`slot ${slot} is there already`)
  const from = owner.server
  const set = (server: RedisServer, ...words: readonly string[]): Promise<unknown> =>
    ask(server, ['CLUSTER', 'SETSLOT', `${slot}`, ...words])
  await set(to, 'IMPORTING', owner.me.id)
  await set(from, 'MIGRATING', target.me.id)

  const migrate = async (keys?: readonly string[]): Promise<number> => {
    let count = 0
    for (;;) {
      const batch = keys ?? (await keysIn(from, slot))
      if (batch.length > 0) {
        await ask(from, ['MIGRATE', to.host, `${to.port}`, '', '0', `${MIGRATE_MS}`, 'KEYS', ...batch])
        count += batch.length
      }
      if (keys !== undefined || batch.length === 0) return count
    }
  }
  const finish = async (): Promise<void> => {
    await migrate()
    // The new owner is set first, so that the slot always has an owner.
    await set(to, 'NODE', target.me.id)
    await set(from, 'NODE', target.me.id)
    for (const { server, me } of await viewsOf(servers)) {
      if (me.flags.includes('master') && server !== to && server !== from) await set(server, 'NODE', target.me.id)
    }
  }
  return { slot, from, to, migrate, finish }
}

async function keysIn(server: RedisServer, slot: number): Promise<readonly string[]> {
  const keys = await ask(server, ['CLUSTER', 'GETKEYSINSLOT', `${slot}`, `${BATCH}`])
  return Array.isArray(keys) ? keys.map(String) : []
}
