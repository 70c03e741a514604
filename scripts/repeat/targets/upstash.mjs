import { upstashBackend } from '@holdfast/adapter-upstash'
import { redisTarget, startRedis } from '@holdfast/testkit/redis'
import { gatewayFaults, startUpstashGateway } from '@holdfast/testkit/upstash'
import { Redis } from '@upstash/redis'
import { delayed } from '../delayed.mjs'

const server = await startRedis()
const gateway = await startUpstashGateway({ target: server })
const prefix = 'lock:'

/** @param {{ readonly url: string, readonly token: string }} endpoint */
async function open({ url, token }) {
  return { backend: upstashBackend(new Redis({ url, token }), { prefix }), close: () => {} }
}

const handles = /** @type {const} */ ([() => open(gateway), () => open(gateway)])
const faults = gatewayFaults(server, (endpoint) => open(endpoint))
export default delayed(redisTarget({ name: 'upstash', server, prefix, handles, faults }))
