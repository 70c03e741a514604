import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker, fixed, isLockError, type LockError } from '@holdfast/core'
import { connectRaw, type RawClient, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, rejection, timed } from '../../support/eventually.js'
import { open, recorder } from '../../support/open.js'

const SLACK_MS = 5_000

const writes = async (raw: RawClient): Promise<unknown> => raw.command('DBSIZE')

/**
 * Few enough attempts that the last one is answered: an attempt in flight at the end of a wait would be indeterminate.
 */
const ATTEMPTS = 4
const PAUSE_MS = 80
const patiently = { waitMs: 30_000, retry: { maxAttempts: ATTEMPTS, backoff: fixed(PAUSE_MS) } }

/** Expects a refusal in the server's own word: certainly not executed, and asked again for the whole wait. */
async function expectRefusal(acquiring: Promise<unknown>, word: string): Promise<void> {
  const from = performance.now()
  const error = await rejection(acquiring)
  expect(isLockError(error, 'LOCK_BACKEND'), String(error)).toBe(true)
  expect(String(error)).toContain(word)
  expect((error as LockError).cause).toBeInstanceOf(Error)
  expect(performance.now() - from).toBeGreaterThan((ATTEMPTS - 1) * PAUSE_MS - 50)
}

describe.concurrent.each(clients)('a server, by $name,', (client) => {
  test('that became a replica: refused until it is a master again, then served', async () => {
    await using server = await startRedis({ own: true })
    await using master = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    const lease = await user.locks.acquire(freshName())
    await raw.command('REPLICAOF', master.host, String(master.port))
    await expectRefusal(user.locks.acquire(freshName(), patiently), 'READONLY')
    const extended = await timed(lease.extend())
    expect(isLockError(extended.error)).toBe(true)
    const wanted = freshName()
    const behind = user.locks.acquire(wanted, { waitMs: 20_000 })
    await raw.command('REPLICAOF', 'NO', 'ONE')
    const next = await behind
    expect(await raw.command('GET', `lock:${wanted}`)).toBe(next.owner)
  })

  test('out of memory: acquire is refused and leaves nothing, renewal, a change to shared and release work', async () => {
    await using server = await startRedis({ own: true, args: ['--maxmemory-policy', 'noeviction'] })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    const lease = await user.locks.acquire(freshName(), { renew: false })
    const reader = await user.locks.acquire(freshName(), { renew: false, mode: 'shared' })
    const writer = { name: freshName(), owner: 'a', ttlMs: 60_000, mode: 'exclusive', limit: 1 } as const
    await user.backend.acquire(writer)
    await raw.command('CONFIG', 'SET', 'maxmemory', '1')
    const keys = await writes(raw)
    await expectRefusal(user.locks.acquire(freshName(), patiently), 'OOM')
    const refused = await rejection(user.locks.tryAcquire(freshName()))
    expect(isLockError(refused, 'LOCK_BACKEND')).toBe(true)
    expect(await writes(raw)).toBe(keys)
    await lease.extend(60_000)
    expect(lease.remainingMs).toBeGreaterThan(30_000)
    expect(await lease.release()).toBe('released')
    expect(await raw.command('EXISTS', `lock:${lease.name}`)).toBe(0)
    await reader.extend(60_000)
    expect(reader.remainingMs).toBeGreaterThan(30_000)
    expect(await user.backend.extend([{ ...writer, mode: 'shared', limit: Infinity }])).toMatchObject([
      { status: 'extended' },
    ])
    expect(await user.backend.inspect(writer.name)).toMatchObject({ mode: 'shared', holders: [{ owner: 'a' }] })
    await raw.command('CONFIG', 'SET', 'maxmemory', '0')
    expect((await user.locks.acquire(lease.name)).held).toBe(true)
  })

  test('out of memory with a line behind the lock: releasing hands it on', async () => {
    await using server = await startRedis({ own: true, args: ['--maxmemory-policy', 'noeviction'] })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const behind = other.locks.acquire(name)
    await eventually(async () => expect((await user.locks.inspect(name))?.waiting).toBe(1))
    // The place of the waiter is kept, with the channel for its turn.
    await eventually(async () => expect(String(await raw.command('HVALS', `{lock:${name}}:p`))).toContain('turn:'))
    await raw.command('CONFIG', 'SET', 'maxmemory', '1')
    expect(await lease.release()).toBe('released')
    const next = await behind
    expect(next.fence).toBeGreaterThan(lease.fence ?? 0)
    expect(await next.release()).toBe('released')
  })

  test('with too few replicas: refused, nothing written', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await raw.command('CONFIG', 'SET', 'min-replicas-to-write', '1')
    await expectRefusal(user.locks.acquire(freshName(), patiently), 'NOREPLICAS')
    expect(await writes(raw)).toBe(0)
    await raw.command('CONFIG', 'SET', 'min-replicas-to-write', '0')
    expect((await user.locks.acquire(freshName())).held).toBe(true)
  })

  test('busy with a long script: refused until it is over, and renewal bridges it', async () => {
    await using server = await startRedis({ own: true, args: ['--busy-reply-threshold', '50'] })
    await using raw = await connectRaw(server)
    await using killer = await connectRaw(server)
    const { observer, count } = recorder()
    await using user = await open(client, server.port, { ttlMs: 9_000, observer })
    const lease = await user.locks.acquire(freshName())
    const script = raw.command('EVAL', 'while true do end', '0').catch((error: unknown) => String(error))
    await eventually(() => expect(killer.command('PING')).rejects.toThrow('BUSY'))
    await expectRefusal(user.locks.acquire(freshName(), patiently), 'BUSY')
    await eventually(() => expect(count('renewalFailed')).toBeGreaterThan(0))
    const behind = user.locks.acquire(freshName())
    await killer.command('SCRIPT', 'KILL')
    expect(await script).toContain('killed')
    expect((await behind).held).toBe(true)
    await eventually(() => expect(count('renewed')).toBeGreaterThan(0))
    expect(lease.held).toBe(true)
  })

  test('that loads its data: the wait settles in time, and is served when it has loaded', async () => {
    const args = [
      '--appendonly',
      'yes',
      '--enable-debug-command',
      'yes',
      '--loading-process-events-interval-bytes',
      '1024',
    ]
    await using server = await startRedis({ own: true, args })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    for (let i = 0; i < 400; i++) await raw.command('SET', `filler:${i}`, 'x'.repeat(1_000))
    // A delay in microseconds for each key: all of them together take eight seconds.
    await raw.command('CONFIG', 'SET', 'key-load-delay', '20000')
    const reload = raw.command('DEBUG', 'RELOAD').catch((error: unknown) => String(error))
    await using probe = await connectRaw(server)
    await eventually(() => expect(probe.command('GET', 'x')).rejects.toThrow('LOADING'))
    const { error } = await timed(user.locks.acquire(freshName(), { waitMs: 300 }))
    expect(isLockError(error), String(error)).toBe(true)
    await probe.command('CONFIG', 'SET', 'key-load-delay', '0')
    const lease = await user.locks.acquire(freshName())
    expect(await reload).toBe('OK')
    expect(lease.held).toBe(true)
  })

  test('without room for one more connection: no hints, and everybody still gets a turn', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    expect(await other.locks.tryAcquire(name)).toBeNull()
    const connected = String(await raw.command('CLIENT', 'LIST'))
      .trim()
      .split('\n').length
    await raw.command('CONFIG', 'SET', 'maxclients', String(connected))
    const behind = other.locks.acquire(name)
    await eventually(async () => expect((await user.locks.inspect(name))?.waiting).toBe(1))
    await eventually(async () => {
      const stats = String(await raw.command('INFO', 'stats'))
      expect(Number(/rejected_connections:(\d+)/.exec(stats)?.[1])).toBeGreaterThan(0)
    })
    await lease.release()
    const { value, ms } = await timed(behind)
    expect(value?.held).toBe(true)
    expect(ms).toBeLessThan(1_000 + SLACK_MS)
    await raw.command('CONFIG', 'SET', 'maxclients', '100')
  })
})

test.concurrent(
  'ioredis told to reconnect and resend at READONLY, against a server that stays one: ends in time',
  async () => {
    await using server = await startRedis({ own: true })
    await using master = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await raw.command('REPLICAOF', master.host, String(master.port))
    let reconnects = 0
    const client = new Redis(server.port, {
      reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? (reconnects++, 2) : false),
    })
    client.on('error', () => {})
    const locks = createLocker({ backend: ioredisBackend(client), attemptTimeoutMs: 300 })
    const { error, ms } = await timed(locks.acquire('name', { waitMs: 800 }))
    expect(isLockError(error, 'LOCK_INDETERMINATE'), String(error)).toBe(true)
    expect(ms).toBeLessThan(800 + SLACK_MS)
    // The client goes on to reconnect for as long as it lives.
    await eventually(() => expect(reconnects).toBeGreaterThan(1))
    const closing = await timed(locks.close())
    expect(closing.ms).toBeLessThan(SLACK_MS)
    client.disconnect()
  },
)
