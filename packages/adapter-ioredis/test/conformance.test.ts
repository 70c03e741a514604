import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from 'ioredis'
import lowest from 'ioredis-5'
import { targetOf } from './support/target.js'

const LowestRedis = lowest.default

const server = await startRedis()
const { port } = server

testConformance(
  targetOf(server, {
    name: 'ioredis',
    prefix: 'lock:',
    make: () => new Redis(port),
    through: (proxy) => new Redis(proxy),
  }),
)
testConformance(
  targetOf(server, {
    name: 'the lowest ioredis',
    prefix: 'low:',
    make: () => new LowestRedis(port),
    through: (proxy) => new LowestRedis(proxy),
  }),
)
