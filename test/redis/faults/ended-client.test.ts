import { isLockError } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open } from '../../support/open.js'

const server = await startRedis({ own: true })

const SLACK_MS = 5_000
const TTL_MS = 3_000
/** The test has to see the waiter in line before the waiter's client is ended. */
const WAIT_MS = 5_000

describe.concurrent.each(clients)('a user that ends its own client, $name,', (client) => {
  test('while it holds: loses the lease by its deadline, and neither release nor close hangs or rejects', async () => {
    const user = await open(client, server.port, { ttlMs: TTL_MS })
    const lease = await user.locks.acquire(freshName())
    const kept = await user.locks.acquire(freshName())
    user.end()
    const released = await timed(kept.release())
    expect(released.value).toBe('unknown')
    expect(released.ms).toBeLessThan(2 * TTL_MS + SLACK_MS)
    await eventually(() => expect(lease.signal.aborted).toBe(true))
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
    expect(lease.held).toBe(false)
    const closing = await timed(user.locks.close())
    expect(closing.error).toBeUndefined()
    expect(closing.ms).toBeLessThan(4 * TTL_MS + SLACK_MS)
  })

  test('while they wait: the wait ends in time, with an error', async () => {
    const name = freshName()
    await using holder = await open(client, server.port)
    const lease = await holder.locks.acquire(name)
    const user = await open(client, server.port, { ttlMs: TTL_MS })
    const waiting = timed(user.locks.acquire(name, { waitMs: WAIT_MS }))
    await eventually(async () => expect((await holder.locks.inspect(name))?.waiting).toBe(1))
    user.end()
    const { error, ms } = await waiting
    expect(isLockError(error), String(error)).toBe(true)
    expect(ms).toBeLessThan(WAIT_MS + SLACK_MS)
    const closing = await timed(user.locks.close())
    expect(closing.ms).toBeLessThan(4 * TTL_MS + SLACK_MS)
    // The next waiter is served when the place of the ended client has ended.
    expect(await lease.release()).toBe('released')
    expect((await holder.locks.acquire(name)).held).toBe(true)
  })
})
