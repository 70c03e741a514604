import type { LockMode } from '../backend.js'
import type { Engine } from '../engine/engine.js'
import { listAll } from '../store/ask.js'
import { fromStoreName } from './names.js'
import type { WebLockInfo, WebLockSnapshot } from './types.js'

/** The locks and the waiting requests of all lock managers on the store. */
export async function takeSnapshot(engine: Engine, timeoutMs: number): Promise<WebLockSnapshot> {
  engine.throwIfClosed()
  const held: WebLockInfo[] = []
  const pending: WebLockInfo[] = []
  for await (const { name, mode, holders, line = [] } of listAll(engine, timeoutMs)) {
    for (const { owner } of holders) held.push(...infoOf(name, mode, owner))
    for (const waiter of line) pending.push(...infoOf(name, waiter.mode, waiter.owner))
  }
  return { held, pending }
}

/** Empty for a lease of a locker, which no lock manager shows. */
function infoOf(storeName: string, mode: LockMode, owner: string): readonly WebLockInfo[] {
  const found = fromStoreName(storeName, owner)
  return found === undefined ? [] : [{ name: found.name, mode, clientId: found.clientId }]
}
