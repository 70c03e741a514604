import { createLocker, toLockManager } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open } from '../../support/open.js'

/** Keys of others in the same database: each page looks at a thousand. */
const OTHERS = 40_000
/** The time that each page takes: all pages together take much longer than one call may. */
const PAGE_MS = 25
const BOUND_MS = 1_500

const isScan = ({ name }: { readonly name: string }): boolean => name === 'SCAN'

describe.concurrent.each(clients)('beside many keys of others, by $name,', (client) => {
  test('query() answers, however many pages have none of ours', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await raw.command('EVAL', `for i = 1, ${OTHERS} do redis.call('SET', 'other' .. i, '') end`, '0')
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { attemptTimeoutMs: BOUND_MS })
    const lease = await user.locks.acquire(freshName())
    const slow = proxy.delay({ direction: 'reply', ms: PAGE_MS, times: Infinity, match: isScan })
    const from = performance.now()
    const { value, error } = await timed(user.locks.query())
    expect(error).toBeUndefined()
    expect(value?.held.map(({ name }) => name)).toEqual([lease.name])
    expect(performance.now() - from).toBeGreaterThan(BOUND_MS)
    expect(slow.fired).toBeGreaterThan((3 * OTHERS) / 1_000 - 3)
  })

  test('a page that does not come ends it within one bound', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await raw.command('EVAL', `for i = 1, ${OTHERS} do redis.call('SET', 'other' .. i, '') end`, '0')
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { attemptTimeoutMs: BOUND_MS })
    proxy.delay({ direction: 'reply', ms: 60_000, match: isScan })
    const { error, ms } = await timed(user.locks.query())
    expect(error).toMatchObject({ code: 'LOCK_INDETERMINATE' })
    expect(ms).toBeLessThan(BOUND_MS + 5_000)
  })

  test('one that is aborted asks for no further page, though none had a name', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await raw.command('EVAL', `for i = 1, ${OTHERS} do redis.call('SET', 'other' .. i, '') end`, '0')
    const { backend, end } = await client.connect(server.port)
    const controller = new AbortController()
    const reason = new Error('enough')
    let answers = 0
    const progress = (): void => {
      answers += 1
      if (answers === 3) controller.abort(reason)
    }
    const found = backend.list?.({ signal: controller.signal, progress })[Symbol.asyncIterator]()
    await expect(found?.next()).rejects.toBe(reason)
    expect(answers).toBe(3)
    end()
  })
})

test.each(clients)('query() of a manager shows each of many names once, by $name', async (client) => {
  await using server = await startRedis({ own: true })
  const { backend, end } = await client.connect(server.port)
  const locks = createLocker({ backend })
  const manager = toLockManager(locks)
  const names = Array.from({ length: 1_500 }, (_, i) => `many ${i} ${i % 7 === 0 ? 'x'.repeat(1_200) : ''}`)
  let called = 0
  const never = (): Promise<never> => {
    called += 1
    return new Promise(() => {})
  }
  for (const name of names) void manager.request(name, never).catch(() => {})
  await eventually(() => expect(called).toBe(names.length))
  const { held } = await manager.query()
  expect(held.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  await locks.close()
  end()
})
