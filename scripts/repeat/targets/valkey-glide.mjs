import { glideBackend } from '@holdfast/adapter-valkey-glide'
import { proxyFaults, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { GlideClient } from '@valkey/valkey-glide'
import { delayed } from '../delayed.mjs'

const server = await startRedis()
const prefix = 'lock:'

// The timeout is longer than by default: a busy machine is no fault.
const connect = (port = server.port) =>
  GlideClient.createClient({
    addresses: [{ host: server.host, port }],
    requestTimeout: 5_000,
    advancedConfiguration: { connectionTimeout: 10_000 },
  })

async function open(port = server.port) {
  const [client, listener] = await Promise.all([connect(port), connect()])
  const close = () => {
    client.close()
    listener.close()
  }
  return { backend: glideBackend(client, { prefix, listener }), close }
}

const handles = /** @type {const} */ ([() => open(), () => open()])
const faults = proxyFaults(server, ({ port }) => open(port))
export default delayed(redisTarget({ name: 'GLIDE', server, prefix, handles, faults }))
