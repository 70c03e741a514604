import { createLocker, type Locker } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, type RawClient, type RedisServer, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { type ClientVersion, clientVersions, type Versioned } from '../../support/client-versions.js'
import { eventually, freshName, timed } from '../../support/eventually.js'

/** The time that a busy machine may add to a bound. */
const SLACK_MS = 5_000
/** A holder without notifications learns of a steal by its next renewal, after a third of this ttl. */
const TTL_MS = 60_000

interface World extends AsyncDisposable {
  readonly server: RedisServer
  readonly raw: RawClient
  /** The number of connections that are subscribed. */
  subscribed(): Promise<number>
  cut(): Promise<void>
}

async function world(): Promise<World> {
  const server = await startRedis({ own: true })
  const raw = await connectRaw(server)
  return {
    server,
    raw,
    subscribed: async () =>
      String(await raw.command('CLIENT', 'LIST', 'TYPE', 'pubsub'))
        .split('\n')
        .filter(Boolean).length,
    cut: async () => void (await raw.command('CLIENT', 'KILL', 'TYPE', 'pubsub')),
    [Symbol.asyncDispose]: async () => {
      await raw[Symbol.asyncDispose]()
      await server.stop()
    },
  }
}

/** A holder that wants to be notified at once of the loss of its lease. */
async function listen(locks: Locker): Promise<{ readonly name: string; readonly signal: AbortSignal }> {
  const lease = await locks.acquire(freshName())
  return { name: lease.name, signal: lease.signal }
}

/** Expects that hints arrive: a steal is noticed long before the next renewal. */
async function expectHints(locks: Locker, raw: RawClient): Promise<void> {
  const { name, signal } = await listen(locks)
  await eventually(async () => expect(String(await raw.command('PUBSUB', 'CHANNELS'))).toContain('turn:lost'))
  await locks.inspect(name)
  // Another client takes the name by force, and publishes that in the channel for all.
  await raw.command('DEL', `lock:${name}`)
  await eventually(async () => {
    await raw.command('PUBLISH', 'lock:turn:lost', name)
    expect(signal.aborted).toBe(true)
  })
}

async function user(
  version: ClientVersion,
  port: number,
  options: object = {},
): Promise<{ locks: Locker; client: Versioned } & AsyncDisposable> {
  const client = await version.open(port, options)
  const locks = createLocker({ backend: client.backend(), ttlMs: TTL_MS })
  return {
    locks,
    client,
    [Symbol.asyncDispose]: async () => {
      await locks.close()
      client.end()
    },
  }
}

// An unhandled rejection fails the file: see support/unhandled.ts.
describe.concurrent.each(clientVersions)('the connection for notifications of $name', (version) => {
  test.each([
    ['default options', {}],
    ['recommended options', version.recommended],
  ])('cut, and cut again while it subscribes anew, with %s: stands again', async (_, options) => {
    await using here = await world()
    await using proxy = await startFaultProxy({ target: here.server })
    await using one = await user(version, proxy.port, options)
    await listen(one.locks)
    await eventually(async () => expect(await here.subscribed()).toBe(1))
    const fault = proxy.loseRequest({ match: 'subscribe', times: 4 })
    await here.cut()
    await eventually(() => expect(fault.fired).toBe(4))
    await expectHints(one.locks, here.raw)
    expect(await here.subscribed()).toBe(1)
    await one.locks.close()
    await eventually(async () => expect(await here.subscribed()).toBe(0))
  })

  test('closed while SUBSCRIBE has no answer: nothing is left', async () => {
    await using here = await world()
    await using proxy = await startFaultProxy({ target: here.server })
    await using one = await user(version, proxy.port)
    const before = proxy.stats().open
    await listen(one.locks)
    await eventually(async () => expect(await here.subscribed()).toBe(1))
    const silence = proxy.hold({ direction: 'request', match: 'subscribe' })
    await here.cut()
    await silence.whenFired()
    await one.locks.close()
    // The proxy still sends the replies that it holds, on a connection that has ended.
    silence.release()
    await eventually(() => expect(proxy.stats().open).toBe(before))
    await eventually(async () => expect(await here.subscribed()).toBe(0))
  })

  test('of a client that does not connect again: is made anew', async () => {
    await using here = await world()
    await using one = await user(version, here.server.port, version.once)
    await listen(one.locks)
    await eventually(async () => expect(await here.subscribed()).toBe(1))
    await here.cut()
    await eventually(async () => expect(await here.subscribed()).toBe(1))
    await expectHints(one.locks, here.raw)
  })

  test('of a user who may not subscribe: is not asked for every second, and stands when that is permitted', async () => {
    await using here = await world()
    await here.raw.command('ACL', 'SETUSER', 'app', 'on', '>pw', '~*', '&*', '+@all', '-subscribe')
    await using one = await user(version, here.server.port, { username: 'app', password: 'pw' })
    const made = async (): Promise<number> =>
      Number(/total_connections_received:(\d+)/.exec(String(await here.raw.command('INFO', 'stats')))?.[1])
    const before = await made()
    const from = performance.now()
    await listen(one.locks)
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    // The attempts come at once, and after pauses of 2, 4, 8, … seconds.
    expect((await made()) - before).toBeLessThanOrEqual(1 + Math.log2(1 + (performance.now() - from) / 2_000))
    await here.raw.command('ACL', 'SETUSER', 'app', '+subscribe')
    await eventually(async () => expect(await here.subscribed()).toBe(1), 20_000)
    await expectHints(one.locks, here.raw)
  })

  test('takes the credentials that the client has at that time', async () => {
    await using here = await world()
    await here.raw.command('ACL', 'SETUSER', 'app', 'on', '>old', '~*', '&*', '+@all')
    const options = { username: 'app', password: 'old' }
    await using one = await user(version, here.server.port, options)
    await listen(one.locks)
    await eventually(async () => expect(await here.subscribed()).toBe(1))
    await here.raw.command('ACL', 'SETUSER', 'app', '>new')
    one.client.setPassword('new')
    await here.raw.command('ACL', 'SETUSER', 'app', '<old')
    await here.cut()
    await eventually(async () => expect(await here.subscribed()).toBe(1))
  })

  test('is one for 50 lockers, and ends with the client when nobody closes them', async () => {
    await using here = await world()
    const client = await version.open(here.server.port)
    const lockers = Array.from({ length: 50 }, () => createLocker({ backend: client.backend(), ttlMs: TTL_MS }))
    await Promise.all(lockers.map(listen))
    await eventually(async () => expect(await here.subscribed()).toBe(1))
    // One channel for turns, one channel for names taken by force.
    expect(await here.raw.command('PUBSUB', 'CHANNELS')).toHaveLength(2)
    await client.quit()
    await eventually(async () => expect(await here.subscribed()).toBe(0))
    await Promise.all(lockers.map((locks) => locks.close()))
  })
})

describe.concurrent.each(clientVersions)('a client without a connection, $name,', (version) => {
  test('is named as such within two seconds, with its last error, and nothing was executed', async () => {
    await using own = await startRedis({ own: true })
    await own.kill()
    for (const options of [{}, version.recommended]) {
      const client = await version.open(own.port, options, false)
      const locks = createLocker({ backend: client.backend() })
      // A client that is to refuse at once leaves little time to find out why.
      await eventually(async () => {
        const { error, ms } = await timed(locks.tryAcquire('name'))
        expect(error).toMatchObject({ code: 'LOCK_BACKEND' })
        expect(String(error)).toMatch(/not connected.*ECONNREFUSED/)
        expect(ms).toBeLessThan(2_000 + SLACK_MS)
      })
      const waited = await timed(locks.acquire('name', { waitMs: 1_500 }))
      expect(waited.error).toMatchObject({ code: 'LOCK_BACKEND' })
      expect(String(waited.error)).toContain('ECONNREFUSED')
      await locks.close()
      client.end()
    }
  })

  test('serves who waits when it is connected again', async () => {
    await using own = await startRedis({ own: true })
    await using one = await user(version, own.port)
    await one.locks.request('name', () => 'ready')
    await own.kill()
    const waiting = one.locks.acquire('name', { waitMs: 30_000 })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await own.restart()
    expect(await (await waiting).release()).toBe('released')
  })

  test('because its owner closed it: every verb is refused at once', async () => {
    await using own = await startRedis({ own: true })
    await using one = await user(version, own.port)
    const lease = await one.locks.acquire('name')
    await one.client.quit()
    const verbs = [() => lease.release(), () => one.locks.tryAcquire('x'), () => one.locks.acquire('x')]
    for (const verb of verbs) {
      const { value, error, ms } = await timed<unknown>(verb())
      if (error === undefined) expect(value).toBe('unknown')
      else
        expect(error).toMatchObject({
          code: 'LOCK_BACKEND',
          message: expect.stringMatching(/is closed|is not open/) as unknown,
        })
      expect(ms).toBeLessThan(2_000)
    }
    expect((await timed(one.locks.close())).ms).toBeLessThan(2_000)
  })
})
