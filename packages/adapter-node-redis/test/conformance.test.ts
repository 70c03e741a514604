import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { createClient } from 'redis'
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
