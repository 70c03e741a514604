import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { createClient } from 'redis'
import { createClient as createLowestClient } from 'redis-5'
import { targetOf } from './support/target.js'

const server = await startRedis()
const { url } = server

testConformance(
  targetOf(server, {
    name: 'node-redis',
    prefix: 'lock:',
    make: () => createClient({ url }),
    through: (proxy) => createClient({ url: proxy }),
  }),
)
testConformance(
  targetOf(server, {
    name: 'the lowest node-redis',
    prefix: 'low:',
    make: () => createLowestClient({ url }),
    through: (proxy) => createLowestClient({ url: proxy }),
  }),
)
