import { type RedisHandle, redisTarget, type RedisServer } from '@holdfast/testkit/redis'
import { coalescing } from '../../../core/dist/timers/coalescer.js'
import { type IoredisClient, ioredisBackend } from '../../src/index.js'

interface Disconnectable extends IoredisClient {
  disconnect(): void
}

export interface Spec {
  readonly name: string
  readonly prefix: string
  readonly make: () => Disconnectable
  readonly fencing?: boolean
  /** At most so many claims in one command. */
  readonly together?: number
}

/** A target of the suite: two backends on one server, each over a client of its own. */
export function targetOf(
  server: RedisServer,
  { name, prefix, make, fencing = true, together = Infinity }: Spec,
): ReturnType<typeof redisTarget> {
  const open = async (): Promise<RedisHandle> => {
    const client = make()
    coalescing.most = together
    const backend = ioredisBackend(client, { prefix, fencing })
    coalescing.most = Infinity
    return { backend, close: () => client.disconnect() }
  }
  return redisTarget({ name, server, prefix, handles: [open, open] })
}
