import { isLockError } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { startRedis } from '@holdfast/testkit/redis'
import { afterAll, expect, test } from 'vitest'
import { timed } from '../test/support/eventually.js'
import { isAcquire } from '../test/support/script-commands.js'
import { open, pool } from './support/clients.js'
import { on } from './support/servers.js'

const SLACK_MS = 5_000
const server = await startRedis({ own: true })
afterAll(() => server.stop())

test('a pool with a client that hangs: other locks go on by the other clients', async () => {
  await using proxy = await startFaultProxy({ target: server })
  await using user = await open(pool(proxy, { maximum: 4 }), { ttlMs: 10_000, attemptTimeoutMs: 1_000 })
  const held = await user.locks.acquire('held')
  const hang = proxy.hold({
    direction: 'reply',
    match: (command) => isAcquire(command) && command.args.includes('lock:hung'),
  })
  const hung = timed(user.locks.acquire('hung', { waitMs: 6_000 }))
  await hang.whenFired()
  for (let i = 0; i < 20; i++) {
    const { value, ms } = await timed(user.locks.request(`other-${i}`, async (lease) => lease.held))
    expect(value).toBe(true)
    expect(ms).toBeLessThan(SLACK_MS)
  }
  const { value, error, ms } = await hung
  // The first of four connections was blocked. Over another connection the locker found that it holds the name.
  expect(error, String(error)).toBeUndefined()
  expect(ms).toBeLessThan(6_000)
  expect(await on(server, 'GET', 'lock:hung')).toBe(value?.owner)
  expect(held.held).toBe(true)
  expect(await held.release()).toBe('released')
  hang.release()
})

test('a pool whose every client hangs: calls fail in time, and it serves again when the server does', async () => {
  await using proxy = await startFaultProxy({ target: server })
  await using user = await open(pool(proxy, { maximum: 2 }), { ttlMs: 3_000, attemptTimeoutMs: 400 })
  await user.locks.request('warm', () => true)
  proxy.blackhole()
  const failed = await Promise.all(
    Array.from({ length: 6 }, (_, i) => timed(user.locks.acquire(`name-${i}`, { waitMs: 1_000 }))),
  )
  for (const { error, ms } of failed) {
    expect(isLockError(error), String(error)).toBe(true)
    expect(ms).toBeLessThan(1_000 + SLACK_MS)
  }
  proxy.heal()
  expect(await user.locks.request('after', { waitMs: 20_000 }, () => 'served')).toBe('served')
})
