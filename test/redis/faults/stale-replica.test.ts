import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { claimOf } from '../../support/claim.js'
import { clients } from '../../support/clients.js'

const [master, replica] = [await startRedis({ own: true }), await startRedis({ own: true })]

// The replica follows a master that is not there, and goes on answering, stale: it has missed every grant.
await using raw = await connectRaw(replica)
await raw.command('REPLICAOF', '127.0.0.1', '1')

const sharing = { mode: 'shared', limit: 5 } as const

describe.concurrent.each(clients)(
  'a stale replica says nothing for certain of a lease that it missed, by $name:',
  (client) => {
    test.each([
      ['exclusive', {}, {}],
      ['exclusive, which reserves fences', {}, { fences: 5 }],
      ['shared', sharing, {}],
      ['exclusive, which becomes shared', {}, sharing],
    ])('%s', async (what, held, extended) => {
      const [good, stale] = [await client.connect(master.port), await client.connect(replica.port)]
      const name = `${client.name}/${what}`
      const claim = claimOf(name, held)
      expect(await good.backend.acquire(claim)).toMatchObject({ acquired: true })
      const refused = { executed: 'no', retryable: true }
      await expect(stale.backend.extend([{ ...claim, ...extended }])).rejects.toMatchObject(refused)
      await expect(stale.backend.release(claim)).rejects.toMatchObject(refused)
      await expect(stale.backend.inspect(name)).rejects.toMatchObject(refused)
      await expect(stale.backend.evict(name)).rejects.toMatchObject(refused)
      await expect(stale.backend.acquire(claim)).rejects.toMatchObject(refused)
      expect(await good.backend.extend([claim])).toMatchObject([{ status: 'extended' }])
      for (const each of [good, stale]) each.end()
    })
  },
)
