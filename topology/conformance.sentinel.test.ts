import { startSentinel } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { afterAll } from 'vitest'
import { ofSentinel, targetOf } from './support/clients.js'

const redis = await startSentinel()
afterAll(() => redis.stop())
const { product, version } = redis
const master = await redis.master()

for (const one of ofSentinel(redis)) {
  for (const other of ofSentinel(redis)) {
    const who = one.name === other.name ? one.name : `${one.name} with ${other.name}`
    testConformance(targetOf(`${who}, ${product} ${version}`, master, one, other))
  }
}
