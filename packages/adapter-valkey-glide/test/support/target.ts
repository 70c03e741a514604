import { proxyFaults, type RedisHandle, type RedisServer, redisTarget } from '@holdfast/testkit/redis'
import { GlideClient } from '@valkey/valkey-glide'
import { glideBackend } from '../../src/index.js'

export interface Spec {
  readonly name: string
  readonly prefix: string
  /** Whether each backend has a second client, for notifications. */
  readonly listening: boolean
}

/** Connects a client to the server, or to the port of a proxy before it. */
export const connectTo =
  ({ host, port }: RedisServer) =>
  (through = port): Promise<GlideClient> =>
    // The timeout is longer than by default: a busy machine is no fault.
    GlideClient.createClient({
      addresses: [{ host, port: through }],
      requestTimeout: 5_000,
      advancedConfiguration: { connectionTimeout: 10_000 },
    })

/** A target of the suite: two backends on one server, each over a client of its own. */
export function targetOf(server: RedisServer, { name, prefix, listening }: Spec): ReturnType<typeof redisTarget> {
  const connect = connectTo(server)
  const open = async (through?: number): Promise<RedisHandle> => {
    const client = await connect(through)
    const listener = listening ? await connect() : undefined
    const close = (): void => {
      client.close()
      listener?.close()
    }
    return { backend: glideBackend(client, { prefix, listener }), close }
  }
  return redisTarget({
    name,
    server,
    prefix,
    handles: [() => open(), () => open()],
    faults: proxyFaults(server, (proxy) => open(proxy.port)),
  })
}
