import { startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { targetOf } from './support/target.js'

const server = await startRedis()

testConformance(targetOf(server, { name: 'GLIDE without notifications', prefix: 'polled:', listening: false }))
