import { Redis } from 'ioredis'
import { createClient } from 'redis'

/** As `createClient` types a client without modules and scripts. */
const openNodeRedis = (url: string) => createClient({ url })
export type NodeRedis = ReturnType<typeof openNodeRedis>

/** A connection of each client library: baseline and contenders share it. */
export interface Clients {
  readonly ioredis: Redis
  readonly nodeRedis: NodeRedis
  close(): Promise<void>
}

export async function connect(url: string): Promise<Clients> {
  const ioredis = new Redis(url)
  const nodeRedis = openNodeRedis(url)
  nodeRedis.on('error', () => {})
  await Promise.all([ioredis.ping(), nodeRedis.connect()])
  return {
    ioredis,
    nodeRedis,
    close: async () => {
      ioredis.disconnect()
      await nodeRedis.close()
    },
  }
}
