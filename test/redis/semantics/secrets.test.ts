import { inspect } from 'node:util'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { createLocker, isLockError, type Lease, type LockBackend, type LockObserver } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import lowest from 'ioredis-5'
import { createClient } from 'redis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, rejection } from '../../support/eventually.js'
import { isAcquire, isExtend, ownersIn } from '../../support/script-commands.js'

const PASSWORD = 'canary-password-9f8e7d'
const USER = 'canary-user-1a2b3c'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
await raw.command(
  'ACL',
  'SETUSER',
  USER,
  'on',
  `>${PASSWORD}`,
  '~lock:*',
  '~{lock:*}:?',
  '&lock:*',
  '+@all',
  '-pexpire',
)

/** All texts that can be seen of a value, in whatever way it is logged. */
function everythingOf(value: unknown): string {
  const shown = inspect(value, {
    showHidden: true,
    depth: Infinity,
    getters: true,
    maxStringLength: null,
    maxArrayLength: null,
  })
  const unfriendly = inspect(value, { showHidden: true, depth: Infinity, customInspect: false })
  const parts = [shown, unfriendly, String(value), JSON.stringify(value) ?? '', inspect(value)]
  for (let error = value; error instanceof Error; error = error.cause) {
    parts.push(
      error.message,
      error.stack ?? '',
      JSON.stringify(error),
      ...Object.getOwnPropertyNames(error).map((key) => String(Reflect.get(error, key))),
    )
  }
  return parts.join('\n')
}

function expectNoSecret(seen: readonly unknown[], owners: readonly string[]): void {
  for (const value of seen) {
    const text = everythingOf(value)
    for (const secret of [...owners, ...owners.map((owner) => owner.slice(-32)), PASSWORD]) {
      expect(secret.length).toBeGreaterThan(10)
      expect(text.includes(secret), text).toBe(false)
    }
    // The text must not hold a connection string, or part of one.
    expect(text).not.toMatch(/\/\/[^/@\s]*[^\]/@\s]@/)
  }
}

/** Keeps every event, with all that it carries. */
function witness(): { observer: LockObserver; events: unknown[] } {
  const events: unknown[] = []
  const keep = (event: unknown): void => void events.push(event)
  const hooks = [
    ...['started', 'waiting', 'contended', 'acquired', 'failed', 'renewed', 'renewalFailed'],
    ...['lost', 'released', 'handedOver', 'resumed', 'hintsLost', 'hintsBack'],
  ]
  return { events, observer: Object.fromEntries(hooks.map((hook) => [hook, keep])) }
}

test('this test sees a secret wherever it hides', () => {
  const owner = 'shown~0123456789abcdef0123456789abcdef'
  const hiding = [
    new Error(owner),
    new Error('outer', { cause: new Error('inner', { cause: owner }) }),
    Object.defineProperty(new Error('hidden'), 'command', { value: { args: [owner] } }),
    { deep: { deeper: { deepest: { more: { and: { more: [owner] } } } } } },
    { [Symbol('secret')]: PASSWORD },
    new Error(`connect redis://someone:else@127.0.0.1`),
  ]
  for (const value of hiding)
    expect(() => expectNoSecret([value], [owner]), inspect(value)).toThrow(/hold|include|match|true/)
})

describe.concurrent.each(clients)('no owner, password or address is shown, by $name,', (client) => {
  test('when the server refuses: permission, wrong type, script error', async () => {
    const { observer, events } = witness()
    const { backend, end } = await client.connect(server.port, undefined, { username: USER, password: PASSWORD })
    const locks = createLocker({ backend, observer, label: 'shown', ttlMs: 1_000 })
    const [name, other] = [freshName(), freshName()]
    const lease = await locks.acquire(name)
    const seen: unknown[] = [await rejection(lease.extend())]
    await eventually(() => expect(lease.signal.aborted).toBe(true))
    seen.push(lease, lease.signal.reason, await rejection(lease.extend()))
    await raw.command('RPUSH', `lock:${other}`, 'an element')
    seen.push(
      await rejection(locks.acquire(other)),
      await rejection(locks.inspect(other)),
      await rejection(locks.tryAcquire(other)),
    )
    await raw.command('SET', `{lock:${name}x}:f`, '9007199254740990')
    seen.push(await rejection(locks.acquire(`${name}x`)))
    expect(events.length).toBeGreaterThan(2)
    expectNoSecret([...seen, ...events, locks, backend], [lease.owner])
    await locks.close()
    end()
  })

  test('when the connection is lost, or the answer, or the time', async () => {
    await using proxy = await startFaultProxy({ target: server })
    const { observer, events } = witness()
    const { backend, end } = await client.connect(proxy.port, undefined, { username: 'default', password: PASSWORD })
    const locks = createLocker({ backend, observer, ttlMs: 900, attemptTimeoutMs: 300 })
    const leases: Lease[] = []
    const seen: unknown[] = []
    const name = freshName()
    leases.push(await locks.acquire(name))
    const owners: string[] = []
    // The owner of a claim without success is made inside; the wire shows it.
    const overheard = proxy.loseReply({
      match: (command) => {
        owners.push(...ownersIn(command))
        return isAcquire(command) || isExtend(command)
      },
      times: Infinity,
    })
    seen.push(
      await rejection(locks.acquire(freshName(), { waitMs: 400 })),
      await rejection(locks.tryAcquire(freshName())).catch((error: unknown) => error),
    )
    expect(overheard.fired).toBeGreaterThan(0)
    overheard.cancel()
    const silence = proxy.blackhole()
    seen.push(await rejection(locks.acquire(freshName(), { waitMs: 400 })), await rejection(locks.inspect(name)))
    const [lease] = leases
    await eventually(() => expect(lease?.signal.aborted).toBe(true))
    seen.push(lease?.signal.reason, await rejection(lease?.extend() ?? Promise.resolve()))
    expect(silence.fired).toBeGreaterThan(0)
    proxy.heal()
    end()
    seen.push(await rejection(locks.acquire(freshName(), { waitMs: 200 })))
    await locks.close()
    seen.push(await rejection(locks.acquire(freshName())))
    expect(owners.every((owner) => owner.includes('~'))).toBe(true)
    expectNoSecret([...seen, ...events, ...leases, locks, backend], [...owners, ...leases.map(({ owner }) => owner)])
  })

  test('when the password is wrong', async () => {
    await using locked = await startRedis({ own: true, args: ['--requirepass', 'another'] })
    const connected = await client.connect(locked.port, undefined, { password: PASSWORD }).catch(() => undefined)
    if (connected === undefined) return
    const locks = createLocker({ backend: connected.backend })
    const error = await rejection(locks.acquire('name', { waitMs: 300 }))
    expectNoSecret([error, connected.backend, locks], [])
    await locks.close()
    connected.end()
  })

  test('of leases and of the answers of inspect, however they are printed', async () => {
    const { backend, end } = await client.connect(server.port)
    const locks = createLocker({ backend, label: 'shown' })
    const name = freshName()
    const lease = await locks.acquire(name)
    const told = await locks.inspect(name)
    expect(told).toMatchObject({ holders: [{ label: 'shown' }] })
    expect(JSON.parse(JSON.stringify(lease))).toMatchObject({ name, held: true })
    expectNoSecret([lease, told, locks, { lease }, [lease], Object.entries(lease)], [lease.owner])
    const ticket = lease.ticket()
    expectNoSecret(
      [await rejection(locks.resume(`${ticket}x`)), await rejection(lease.extend())],
      [lease.owner, ticket],
    )
    await locks.close()
    end()
  })
})

describe('by a server that quotes the arguments of a command that it does not know, the password is not shown:', () => {
  const nodeRedis = (url: string, heard: unknown[]): LockBackend => {
    const client = createClient({ url }).on('error', (error: unknown) => void heard.push(error))
    onTestFinished(() => client.destroy())
    void client.connect().catch(() => {})
    return nodeRedisBackend(client)
  }
  const oldIoredis = (url: string, heard: unknown[]): LockBackend => {
    const client = new lowest.default(url).on('error', (error: unknown) => void heard.push(error))
    onTestFinished(() => client.disconnect())
    return ioredisBackend(client)
  }

  test.each([
    ['HELLO', nodeRedis],
    ['AUTH', oldIoredis],
  ])('%s', async (command, backendFor) => {
    const unwilling = await startRedis({ own: true, args: ['--rename-command', command, ''] })
    const { observer, events } = witness()
    const heard: unknown[] = []
    const locks = createLocker({
      backend: backendFor(`redis://:${PASSWORD}@127.0.0.1:${unwilling.port}`, heard),
      observer,
    })
    const { error } = await locks.tryAcquire(freshName()).then(
      () => ({ error: undefined }),
      (reason: unknown) => ({ error: reason }),
    )
    expect(isLockError(error)).toBe(true)
    expectNoSecret([error, ...events], [])
    // The client itself shows the secret. Whether its refusal reaches the call is another matter: 5.0.0 sends a call
    // again and again where the answers to AUTH and INFO come together.
    expect(everythingOf(heard).toUpperCase()).toContain(`UNKNOWN COMMAND '${command}'`)
    expect(everythingOf(heard)).toContain(PASSWORD)
    await locks.close()
  })
})
