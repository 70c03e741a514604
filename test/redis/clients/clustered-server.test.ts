import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Cluster } from 'ioredis'
import { describe, expect, test, vi } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually } from '../../support/eventually.js'
import { recorder } from '../../support/open.js'

// A managed server may be one node that owns all slots: a client of one server works, but for keys of several slots.
const server = await startRedis({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] })
await using raw = await connectRaw(server)
await raw.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
await eventually(async () => expect(await raw.command('CLUSTER', 'INFO')).toContain('cluster_state:ok'))

describe.concurrent.each(clients)('over one node of a cluster that owns all slots, by $name', (client) => {
  test('leases that are renewed together are held beyond their ttl', async () => {
    const { backend, end } = await client.connect(server.port)
    const { observer, count } = recorder()
    const locks = createLocker({ backend, ttlMs: 3_000, observer })
    const names = Array.from({ length: 6 }, (_, i) => `${client.name}-${i}`)
    const leases = await Promise.all(names.map((name) => locks.acquire(name)))
    await eventually(() => expect(count('renewed')).toBeGreaterThanOrEqual(3 * names.length))
    expect(leases.map(({ held }) => held)).toEqual(names.map(() => true))
    expect(count('lost')).toBe(0)
    await locks.close()
    end()
  })
})

describe('over an ioredis Cluster without an offline queue', () => {
  test('a claim whose reply was lost, and which cannot be sent again, is of unknown outcome, and is given back', async () => {
    await using store = await connectRaw(server)
    const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: server.port } })
    const cluster = new Cluster([{ host: '127.0.0.1', port: proxy.port }], {
      enableOfflineQueue: false,
      natMap: () => ({ host: '127.0.0.1', port: proxy.port }),
    })
    cluster.on('error', () => {})
    try {
      await vi.waitFor(() => expect(cluster.status).toBe('ready'), 10_000)
      const locks = createLocker({ backend: ioredisBackend(cluster) })
      await (await locks.acquire('warm')).release()

      const lost = proxy.loseReply({ match: /^EVAL/ })
      const tried = locks.tryAcquire('lost-reply', { ttlMs: 60_000 }).catch((error: unknown) => error)
      await lost.whenFired()
      proxy.refuse()
      expect(await tried).toMatchObject({ code: 'LOCK_INDETERMINATE' })
      expect(await store.command('GET', 'lock:lost-reply')).not.toBeNull()

      await proxy.accept()
      await eventually(async () => expect(await store.command('GET', 'lock:lost-reply')).toBeNull())
      await locks.close()
    } finally {
      cluster.disconnect()
      await proxy.stop()
    }
  })
})
