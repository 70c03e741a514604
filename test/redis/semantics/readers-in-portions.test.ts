import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import type { Claim } from '@holdfast/core'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually } from '../../support/eventually.js'

const READERS = 10_000
const TOGETHER = 500
/** What one call may admit: each waiter costs the server a few commands. */
const PORTION = 110

const ownerOf = (i: number): string => `reader~${i.toString(16).padStart(32, '0')}`
const reader = (i: number): Claim => ({
  name: 'name',
  owner: ownerOf(i),
  ttlMs: 120_000,
  mode: 'shared',
  limit: Infinity,
  lineMs: 120_000,
})

// The server does nothing else while it runs a script.
describe.each(clients)('by $name,', (client) => {
  test(`a writer released before ${READERS} waiting readers keeps the server for a moment, and all are admitted`, async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    const { backend, end } = await client.connect(server.port)
    let turns = 0
    const unwatch = await backend.watch?.(({ type }) => void (turns += type === 'turn' ? 1 : 0))
    const writer: Claim = { name: 'name', owner: ownerOf(READERS), ttlMs: 600_000, mode: 'exclusive', limit: 1 }
    await backend.acquire(writer)
    for (let i = 0; i < READERS; i += TOGETHER) {
      await Promise.all(Array.from({ length: TOGETHER }, (_, k) => backend.acquire(reader(i + k))))
    }
    await raw.command('CONFIG', 'RESETSTAT')
    await raw.command('CONFIG', 'SET', 'slowlog-log-slower-than', '10000')
    await raw.command('SLOWLOG', 'RESET')
    expect(await backend.release(writer)).toBe('released')
    await eventually(() => expect(turns).toBe(READERS))
    expect(await raw.command('ZCOUNT', '{lock:name}:l', '-inf', '(0')).toBe(READERS)
    // The rest of each call was left to the next one.
    const stats = String(await raw.command('INFO', 'commandstats'))
    const scripts = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)
    expect(scripts).toBeGreaterThan(READERS / PORTION)
    // Each script takes a millisecond or two; on a busy machine one of a hundred may have to wait for its processor.
    const slow = (await raw.command('SLOWLOG', 'GET', '100')) as readonly unknown[]
    expect(slow.length).toBeLessThanOrEqual(scripts / 50)
    await unwatch?.()
    end()
  })
})
