import { connectRaw, type RedisCluster, type RedisServer, type Reply } from '@holdfast/testkit/redis'
import { slotOf } from '../../packages/core/dist/redis/slot.js'
import { scriptRuns } from '../../test/support/script-commands.js'

/** Sends a command on a connection of its own. */
export async function on({ port }: RedisServer, ...words: readonly string[]): Promise<Reply> {
  await using client = await connectRaw(port)
  return await client.command(...words)
}

/** Another master than these. */
export async function anotherMaster(cluster: RedisCluster, ...not: readonly RedisServer[]): Promise<RedisServer> {
  for (let slot = 0; slot < SLOTS; slot += 500) {
    const master = await cluster.masterOf(slot)
    if (!not.includes(master)) return master
  }
  throw new Error('there is no other master')
}

/** How many scripts these servers ran so far. */
export async function runsOf(servers: readonly RedisServer[]): Promise<number> {
  let sum = 0
  for (const { port } of servers) {
    await using client = await connectRaw(port)
    sum += await scriptRuns(client)
  }
  return sum
}

export const SLOTS = 16_384
/** The text that the backends put before a name by default. */
export const PREFIX = 'lock:'

let names = 0

/** A fresh name whose lock key lies in this slot. */
export function nameIn(slot: number): string {
  for (;;) {
    const name = `name-${(names += 1)}`
    if (slotOf(PREFIX + name) === slot) return name
  }
}

/** A fresh name whose lock key this master serves. */
export async function nameOn(cluster: RedisCluster, master: RedisServer): Promise<string> {
  for (;;) {
    const name = `name-${(names += 1)}`
    if ((await cluster.masterOf(slotOf(PREFIX + name))) === master) return name
  }
}

export { slotOf }
