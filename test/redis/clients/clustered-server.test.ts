import { createLocker } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually } from '../../support/eventually.js'
import { recorder } from '../../support/open.js'

// A managed server may be one node that owns all slots: a client of one server works, but for keys of several slots.
const server = await startRedis({ args: ['--cluster-enabled', 'yes'] })
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
