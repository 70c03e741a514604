import { type DebianPackage, type RedisServer, startRedis, startRedisCluster } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { afterAll, describe, test } from 'vitest'
import { ofCluster, standalone, targetOf } from './support/clients.js'

/** Other servers than that of this machine, from other releases of its system. */
const packages: readonly DebianPackage[] = [
  { release: 'trixie', product: 'redis' },
  { release: 'trixie', product: 'valkey' },
  { release: 'bookworm-backports', product: 'valkey' },
  { release: 'sid', product: 'redis' },
  { release: 'sid', product: 'valkey' },
  { release: 'sid', product: 'redict' },
  { release: 'experimental', product: 'redis' },
]

const started = await Promise.all(
  packages.map((debian) => startRedis({ debian }).catch((error: unknown) => ({ debian, reason: String(error) }))),
)

for (const server of started) {
  if ('reason' in server) {
    const { debian, reason } = server
    describe(`conformance of ${debian.product} of Debian ${debian.release}`, () => {
      test('cannot be had here', ({ skip }) => skip(reason.replaceAll(/\s*\n\s*/g, '; ')))
    })
  } else {
    afterAll(() => server.stop())
    testConformance(bothClients(server))
  }
}

// The newest server as a cluster too: the routing of keys and messages changes with the server.
const newest = packages.findLast((_, index) => !('reason' in (started[index] ?? { reason: '' })))
if (newest !== undefined) {
  const cluster = await startRedisCluster({ debian: newest })
  afterAll(() => cluster.stop())
  const [one, other] = ofCluster(cluster)
  if (one !== undefined && other !== undefined) {
    const name = `${one.name} with ${other.name}, ${cluster.product} ${cluster.version}`
    testConformance(targetOf(name, cluster, one, other))
  }
}

/** One handle by each client. */
function bothClients(server: RedisServer): ReturnType<typeof targetOf> {
  const [one, other] = standalone(server)
  if (one === undefined || other === undefined) throw new Error('two clients are needed')
  return targetOf(`${one.name} with ${other.name}, ${server.product} ${server.version}`, server, one, other)
}
