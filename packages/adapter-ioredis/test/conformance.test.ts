import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { Redis } from 'ioredis'
import { targetOf } from './support/target.js'

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
