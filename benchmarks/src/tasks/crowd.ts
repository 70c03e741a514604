import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients } from '../locks/clients.js'
import { contender } from '../locks/index.js'
import { sharedNow } from '../measure/clock.js'
import { commandCounts, executedOf } from '../measure/commands.js'

export interface CrowdArgs {
  readonly contender: string
  readonly name: string
  readonly acquirers: number
  /** When to begin, on the clock that all processes share. */
  readonly from: number
  readonly limitMs: number
}

export interface CrowdRecord {
  /** The number of acquirers that were served within the limit. */
  readonly served: number
  /** The time until the last served acquirer had released. */
  readonly tookMs: number
  readonly longestWaitMs: number
  readonly commands: number
  /** Whether each acquirer had a fence greater than that of the acquirer before; `null` without fences. */
  readonly fencesRise: boolean | null
}

/** Many acquirers at once in one process, each of which releases at once. */
export async function crowd(clients: Clients, args: CrowdArgs): Promise<CrowdRecord> {
  const { sends, open } = contender(args.contender)
  const locks = open(clients, { ttlMs: 10_000, waitMs: 2 * args.limitMs })
  const before = await commandCounts(clients.ioredis)
  const fences: (number | null | undefined)[] = []
  let served = 0
  let tookMs = 0
  let longestWaitMs = 0

  await sleep(Math.max(0, args.from - sharedNow()))
  const begun = sharedNow()
  const one = async (): Promise<void> => {
    const held = await locks.acquire(args.name)
    longestWaitMs = sharedNow() - begun
    fences.push(held.fence)
    await held.release()
    served++
    tookMs = sharedNow() - begun
  }
  const all = Promise.all(Array.from({ length: args.acquirers }, one))
  await Promise.race([all, sleep(args.limitMs)])
  const record = { served, tookMs, longestWaitMs: served < args.acquirers ? args.limitMs : longestWaitMs }
  const commands = executedOf(sends, before, await commandCounts(clients.ioredis))
  return { ...record, commands, fencesRise: rise(fences) }
}

function rise(fences: readonly (number | null | undefined)[]): boolean | null {
  if (fences.some((fence) => typeof fence !== 'number')) return null
  return fences.every((fence, i) => i === 0 || Number(fence) > Number(fences[i - 1]))
}
