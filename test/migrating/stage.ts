import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { isLockError, type Lease, type Locker, type LockErrorCode } from '@holdfast/core'
import { type RedisServer, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { afterAll, expect } from 'vitest'
import type { Client } from '../support/clients.js'
import { eventually, rejection } from '../support/eventually.js'
import { open, type Opened, type OpenOptions } from '../support/open.js'

/** The ioredis of clients.ts, which would load a further client: a fifth of the time that these tests take. */
const ioredis: Client = {
  name: 'ioredis',
  connect: async (port, prefix) => {
    const client = new Redis(port)
    client.on('error', () => {})
    return { client, backend: ioredisBackend(client, { prefix }), end: () => client.disconnect() }
  },
}

/** A ttl that renewal can keep up with, also where the server stands still for half a second. */
export const TTL_MS = 2_000

/**
 * A wait that ends in vain. A waiter asks at once, and again after a second: when this wait ends, no request has been
 * under way for long, so that the refusal is certain.
 */
export const BRIEF_MS = 900

/** One Redis with two lockers, as two processes have them. */
export interface Stage {
  readonly locks: Locker
  /** A locker of another process, as far as the store can see. */
  readonly others: Locker
  /** The client for the library that is replaced. */
  readonly redis: Redis
  readonly server: RedisServer
  /** A further locker, over a client of its own; by `port`, the way to the server goes through a proxy. */
  open(options?: OpenOptions, port?: number): Promise<Opened>
  /** Whether another process could have the name now. */
  isFree(name: string): Promise<boolean>
  /** How many waiters stand in line at the store. */
  waiting(name: string): Promise<number>
}

/** @param prefix where the other library keeps its lock of a name. */
export async function openStage(prefix: string = ''): Promise<Stage> {
  const server = await startRedis({ own: true })
  const locker = (options: OpenOptions = {}, port: number = server.port): Promise<Opened> =>
    open(ioredis, port, { prefix, ...options })
  const [here, there] = await Promise.all([locker(), locker()])
  const redis = new Redis(server.port)
  afterAll(async () => {
    redis.disconnect()
    await Promise.all([here, there].map((each) => each[Symbol.asyncDispose]()))
    await server[Symbol.asyncDispose]()
  })
  return {
    locks: here.locks,
    others: there.locks,
    redis,
    server,
    open: locker,
    isFree: async (name) => {
      const lease = await there.locks.tryAcquire(name)
      await lease?.release()
      return lease !== null
    },
    waiting: async (name) => (await there.locks.inspect(name))?.waiting ?? 0,
  }
}

/** The code of the error with which a promise rejects. */
export async function codeOf(promise: Promise<unknown>): Promise<LockErrorCode> {
  const error = await rejection(promise)
  if (isLockError(error)) return error.code
  throw error
}

/** Waits until a lease has been held for longer than it would last without renewal. */
export async function outlived(ttlMs: number): Promise<void> {
  const from = performance.now()
  await eventually(() => expect(performance.now() - from).toBeGreaterThan(1.5 * ttlMs))
}

/** Waits until the holder is notified of its loss, and answers the reason. */
export async function lossOf({ signal }: Lease): Promise<unknown> {
  await eventually(() => expect(signal.aborted).toBe(true))
  return signal.reason
}
