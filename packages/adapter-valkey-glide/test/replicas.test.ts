import { createLocker } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import { GlideClient } from '@valkey/valkey-glide'
import { expect, onTestFinished, test, vi } from 'vitest'
import { glideBackend } from '../src/index.js'

const NAMES = 2_000

test('a client that reads from replicas lists every name, for a cursor of one server means nothing to another', async () => {
  const primary = await startRedis()
  const replicas = await Promise.all(
    [1, 2].map(() => startRedis({ args: ['--replicaof', primary.host, String(primary.port)] })),
  )
  const addresses = [primary, ...replicas].map(({ host, port }) => ({ host, port }))
  const connect = async (options: Partial<Parameters<typeof GlideClient.createClient>[0]>): Promise<GlideClient> => {
    const client = await GlideClient.createClient({ addresses, requestTimeout: 5_000, ...options })
    onTestFinished(() => client.close())
    return client
  }
  const fill = `for i = 1, ${NAMES} do redis.call('SET', 'lock:' .. i, 'test~' .. string.rep('0', 32), 'PX', 600000) end`
  const filler = await connect({ addresses: addresses.slice(0, 1) })
  await vi.waitFor(async () => expect(await filler.info()).toContain('connected_slaves:2'), { timeout: 20_000 })
  await filler.customCommand(['EVAL', fill, '0'])
  await filler.customCommand(['WAIT', '2', '5000'])

  await using locks = createLocker({ backend: glideBackend(await connect({ readFrom: 'preferReplica' })) })
  const { held } = await locks.query()
  expect(new Set(held.map(({ name }) => name)).size).toBe(NAMES)
})
