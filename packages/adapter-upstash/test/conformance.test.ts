import { startRedis } from '@holdfast/testkit/redis'
import { startUpstashGateway } from '@holdfast/testkit/upstash'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from '@upstash/redis'
import { afterAll } from 'vitest'
import { targetOf } from './support/target.js'

const server = await startRedis()
const { url, token, stop } = await startUpstashGateway({ target: server })
afterAll(stop)

testConformance(
  targetOf(server, {
    name: 'upstash',
    prefix: 'lock:',
    make: () => new Redis({ url, token }),
    through: (gateway) => new Redis({ url: gateway.url, token: gateway.token }),
  }),
)
