import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLocker, isLockError, type Locker } from '@holdfast/core'
import { startRedis, startRedisCluster, startSentinel } from '@holdfast/testkit/redis'
import { Cluster, Redis } from 'ioredis'
import lowest from 'ioredis-5'
import { Cluster as ValkeyCluster, Redis as Valkey } from 'iovalkey'
import { afterAll, describe, expect, test } from 'vitest'
import { ioredisBackend } from '../src/index.js'

type AnyClient = Redis | Cluster
interface Address {
  readonly host: string
  readonly port: number
}
interface Kind {
  readonly server: Address
  readonly make: (address: Address, options?: object) => AnyClient
}

const [server, cluster, sentinel, silent] = await Promise.all([
  startRedis({ own: true }),
  startRedisCluster({ replicas: 0 }),
  startSentinel({ replicas: 0 }),
  startSilent(),
])
afterAll(() => silent.stop())
const host = '127.0.0.1'
const refusing = { host, port: 1 }
const first = <T>([one]: readonly T[]): T => {
  if (one === undefined) throw new Error('a server has no address')
  return one
}

/** A server that accepts connections and says nothing. */
async function startSilent(): Promise<Address & { stop(): void }> {
  const sockets: Socket[] = []
  const listener = createServer((socket) => void sockets.push(socket.on('error', () => {})))
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  return {
    host: '127.0.0.1',
    port,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      listener.close()
    },
  }
}

const kindsOf = (AnyRedis: typeof Redis, AnyCluster: typeof Cluster) => ({
  'a Redis': {
    server: { host, port: server.port },
    make: (address: Address, options?: object): AnyClient => new AnyRedis({ ...address, ...options }),
  },
  'a Cluster': {
    server: first(cluster.addresses),
    make: (address: Address, { retryStrategy, ...options }: { retryStrategy?: () => number } = {}): AnyClient =>
      new AnyCluster([address], { ...options, ...(retryStrategy && { clusterRetryStrategy: retryStrategy }) }),
  },
  'a Redis over Sentinel': {
    server: first(sentinel.addresses),
    make: (address: Address, options?: object): AnyClient =>
      new AnyRedis({ sentinels: [address], name: sentinel.name, ...options }),
  },
})

const statusOf = (client: AnyClient): string => client.status
async function untilStatus(client: AnyClient, status: string): Promise<void> {
  while (statusOf(client) !== status) await sleep(5)
}

/** Functions that make a client in a state. */
const states = {
  'has not connected yet': ({ make }: Kind) => make(refusing, { lazyConnect: true }),
  'connects to a server that says nothing': ({ make }: Kind) => make(silent),
  'is refused': async ({ make }: Kind) => {
    const client = make(refusing)
    await new Promise((resolve) => client.once('error', resolve))
    return client
  },
  'is connected': async ({ make, server: address }: Kind) => {
    const client = make(address)
    await untilStatus(client, 'ready')
    return client
  },
  'is between two attempts to connect': async ({ make, server: address }: Kind) => {
    const client = make(address, { retryStrategy: () => 3_600_000 })
    await untilStatus(client, 'ready')
    for (const node of 'nodes' in client ? client.nodes() : [client]) node.disconnect(true)
    await untilStatus(client, 'reconnecting')
    return client
  },
}

const disconnect = (client: AnyClient): void => client.disconnect()
const ends: Record<string, (client: AnyClient) => void> = {
  'quit()': (client) => void client.quit().catch(() => {}),
  'disconnect()': disconnect,
}

const versions: readonly (readonly [string, typeof Redis, typeof Cluster])[] = [
  ['ioredis', Redis, Cluster],
  ['the lowest ioredis', lowest.default as unknown as typeof Redis, lowest.Cluster as unknown as typeof Cluster],
  ['iovalkey', Valkey as unknown as typeof Redis, ValkeyCluster as unknown as typeof Cluster],
]

/** Waits for a name that is never free. */
const waitFor = (locks: Locker, name: string): Promise<unknown> =>
  locks.acquire(name, { waitMs: Infinity }).catch((error: unknown) => error)

const within = <T>(promise: Promise<T>): Promise<T | 'still waiting'> =>
  Promise.race([promise, sleep(5_000, 'still waiting' as const)])

const refusal = { code: 'LOCK_BACKEND', message: expect.stringContaining('this ioredis client is closed') as unknown }

describe.each(versions)('%s', (version, AnyRedis, AnyCluster) => {
  const kinds = kindsOf(AnyRedis, AnyCluster)
  const cases = Object.entries(kinds).flatMap((kind) =>
    Object.entries(states).flatMap((state) => Object.entries(ends).map((end) => [kind, state, end] as const)),
  )

  for (const [[kindName, kind], [stateName, inState], [endName, end]] of cases)
    test.concurrent(`${kindName} that ${stateName} and is ended by ${endName}: no call waits for it`, async () => {
      const name = [version, kindName, stateName, endName].join()
      const holder = kind.make(kind.server)
      await holder.set(`lock:${name}`, 'a holder')
      const client = await inState(kind)
      client.on('error', () => {})
      const locks = createLocker({ backend: ioredisBackend(client) })
      // The first call would connect a client that has not connected yet.
      const waiter = statusOf(client) === 'wait' ? undefined : waitFor(locks, name)
      await sleep(200)
      end(client)
      const answer = await within(waiter ?? waitFor(locks, name))
      // A claim that `disconnect` cut off may have been executed. QUIT waits for the answers to the commands before it.
      const unknown = end === disconnect && waiter !== undefined && isLockError(answer, 'LOCK_INDETERMINATE')
      if (!unknown) expect(answer).toMatchObject(refusal)
      await expect(locks.tryAcquire(name)).rejects.toMatchObject(refusal)
      holder.disconnect()
    })

  // ioredis would send a claim to the connection that the server ends now, and its outcome would be unknown.
  test.concurrent.each(Object.entries(kinds))('%s whose QUIT was answered is refused', async (_, kind) => {
    for (const uses of [0, 1]) {
      const client = await states['is connected'](kind)
      const locks = createLocker({ backend: ioredisBackend(client) })
      for (let i = 0; i < uses; i++) await locks.request(`${version} before`, () => {})
      await client.quit()
      await expect(locks.tryAcquire('name')).rejects.toMatchObject(refusal)
    }
  })

  test.concurrent('a Cluster that was ended refuses a listing, too', async () => {
    const kind = kinds['a Cluster']
    const client = kind.make(kind.server)
    await untilStatus(client, 'ready')
    client.disconnect()
    await sleep(200)
    await expect(createLocker({ backend: ioredisBackend(client) }).query()).rejects.toMatchObject(refusal)
  })

  test.concurrent('a Cluster that gave up and stays at the status close is refused', async () => {
    const client = new AnyCluster([refusing], { lazyConnect: true })
    client.status = 'close'
    const locks = createLocker({ backend: ioredisBackend(client) })
    expect(await within(waitFor(locks, 'name'))).toMatchObject(refusal)
  })

  test.concurrent.each(['a Redis', 'a Cluster'] as const)('%s that was closed and opened again works', async (name) => {
    const kind = kinds[name]
    for (const state of [states['is connected'], states['is between two attempts to connect']]) {
      const client = await state(kind)
      client.disconnect()
      const locks = createLocker({ backend: ioredisBackend(client) })
      const lock = [version, name, 'again'].join()
      await expect(locks.tryAcquire(lock)).rejects.toMatchObject(refusal)
      while (statusOf(client) === 'ready') await sleep(5)
      // The nodes of a Cluster end one after the other, and each of them sets its status.
      await sleep(500)
      const opened = client.connect()
      expect(await locks.request(lock, () => 'while it connects')).toBe('while it connects')
      await opened
      expect(await locks.request(lock, () => 'connected')).toBe('connected')
      void client.quit()
      await expect(locks.tryAcquire(lock)).rejects.toMatchObject(refusal)
    }
  })
})

// The order in which a program ends, as docs/pitfalls.md has it.
test('a name stays taken when the client is closed before its release has ended, and no error says so', async () => {
  const other = new Redis(server.port, host)
  const admin = createLocker({ backend: ioredisBackend(other) })
  const ways: Record<string, (client: Redis, locks: Locker, name: string) => Promise<unknown>> = {
    'the client first': async (client, locks, name) => {
      await locks.acquire(name)
      await client.quit()
      await locks.close()
    },
    'no await': async (client, locks, name) => {
      const lease = await locks.acquire(name)
      const released = lease.release()
      await client.quit()
      expect(await released).toBe('unknown')
    },
    'the locker first': async (client, locks, name) => {
      await locks.acquire(name)
      await locks.close()
      await client.quit()
    },
  }
  const taken: string[] = []
  for (const [name, end] of Object.entries(ways)) {
    const client = new Redis(server.port, host)
    await end(client, createLocker({ backend: ioredisBackend(client) }), name)
    if ((await admin.inspect(name)) !== null) taken.push(name)
  }
  expect(taken).toEqual(['the client first', 'no await'])
  await admin.close()
  other.disconnect()
})
