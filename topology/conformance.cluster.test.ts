import { startRedisCluster } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { afterAll } from 'vitest'
import { ofCluster, targetOf } from './support/clients.js'

const cluster = await startRedisCluster()
afterAll(() => cluster.stop())
const { product, version } = cluster

for (const one of ofCluster(cluster)) {
  for (const other of ofCluster(cluster)) {
    const who = one.name === other.name ? one.name : `${one.name} with ${other.name}`
    testConformance(targetOf(`${who}, ${product} ${version}`, cluster, one, other))
  }
}
