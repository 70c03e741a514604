import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients } from '../locks/clients.js'
import type { Held, Locks } from '../locks/contender.js'
import { contender } from '../locks/index.js'
import { commandCounts, executedOf } from '../measure/commands.js'

export interface HoldArgs {
  /** Without a contender nothing is held: the record then shows the process itself. */
  readonly contender: string | undefined
  readonly leases: number
  readonly ttlMs: number
  /** The time before the watch begins. */
  readonly warmUpMs: number
  readonly windowMs: number
}

export interface HoldRecord {
  readonly heapBytes: number
  readonly cpuUs: number
  readonly renewals: number
  readonly commands: number
  readonly longestStallMs: number
}

const AT_ONCE = 100
/** The pause of the monitor of the event loop between two looks. */
const RESOLUTION_MS = 1

/** Holds many leases, and watches for a while the cost of keeping them. */
export async function hold(
  clients: Clients,
  { contender: id, leases, ttlMs, warmUpMs, windowMs }: HoldArgs,
): Promise<HoldRecord> {
  const each = id === undefined ? undefined : contender(id)
  const locks = each?.open(clients, { ttlMs, waitMs: 10_000 })
  const names = Array.from({ length: leases }, (_, i) => `bench:w5:${id}:${process.pid}:${i}`)
  const heapBefore = heap()
  const held: Held[] = locks === undefined ? [] : await acquireAll(locks, names)
  const heapBytes = (heap() - heapBefore) / leases

  await sleep(warmUpMs)
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const before = await commandCounts(clients.ioredis)
  const cpuBefore = process.cpuUsage()
  delays.enable()
  await sleep(windowMs)
  delays.disable()
  const { user, system } = process.cpuUsage(cpuBefore)
  const after = await commandCounts(clients.ioredis)
  if (held.length > leases) throw new Error('more was held than was asked for')
  return {
    heapBytes,
    cpuUs: user + system,
    renewals: executedOf(each?.renewedBy === undefined ? [] : [each.renewedBy], before, after),
    commands: executedOf(each?.sends ?? [], before, after),
    longestStallMs: Math.max(0, delays.max / 1e6 - RESOLUTION_MS),
  }
}

async function acquireAll(locks: Locks, names: readonly string[]): Promise<Held[]> {
  const held: Held[] = []
  for (let i = 0; i < names.length; i += AT_ONCE) {
    held.push(...(await Promise.all(names.slice(i, i + AT_ONCE).map((name) => locks.acquire(name)))))
  }
  return held
}

function heap(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
