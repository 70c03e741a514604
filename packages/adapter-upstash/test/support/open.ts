import { createLocker, type Locker, type LockerOptions } from '@holdfast/core'
import type { Command } from '@holdfast/testkit/faults'
import { connectRaw, type RawClient, type RedisServer, startRedis } from '@holdfast/testkit/redis'
import { startUpstashGateway, type UpstashGateway } from '@holdfast/testkit/upstash'
import { Redis, type RedisConfigNodejs } from '@upstash/redis'
import { upstashBackend } from '../../src/index.js'

export type ClientOptions = Omit<RedisConfigNodejs, 'url' | 'token'>

/** A Redis, a gateway of its own in front of it, and lockers that reach it. */
export interface World extends AsyncDisposable {
  readonly gateway: UpstashGateway
  /** A client past the gateway. */
  readonly raw: RawClient
  client(options?: ClientOptions): Redis
  /** A locker over a client of its own, with the client's default options unless others are given. */
  locks(options?: Omit<LockerOptions, 'backend'>, clientOptions?: ClientOptions): Locker
}

export async function openWorld(server: RedisServer): Promise<World> {
  const gateway = await startUpstashGateway({ target: server })
  const raw = await connectRaw(server)
  const lockers: Locker[] = []
  const client = (options: ClientOptions = {}): Redis =>
    new Redis({ url: gateway.url, token: gateway.token, ...options })
  return {
    gateway,
    raw,
    client,
    locks: (options = {}, clientOptions) => {
      const locker = createLocker({ ...options, backend: upstashBackend(client(clientOptions)) })
      lockers.push(locker)
      return locker
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(lockers.map((locker) => locker.close()))
      raw.close()
      await gateway.stop()
    },
  }
}

/** A server on which every script is known already, so that each verb is one command. */
export async function openServer(): Promise<RedisServer> {
  const server = await startRedis({ own: true })
  await using world = await openWorld(server)
  const locks = world.locks()
  const lease = await locks.acquire('warm')
  await lease.extend()
  await locks.inspect('warm')
  await lease.release()
  await locks.forceRelease('warm')
  return server
}

/** A command that runs a script. */
export const isScript = ({ name }: Command): boolean => name === 'EVALSHA' || name === 'EVAL'

/** How many requests and commands `act` costs. */
export async function costOf(gateway: UpstashGateway, act: () => Promise<unknown>): Promise<readonly [number, number]> {
  const before = gateway.stats()
  await act()
  const after = gateway.stats()
  return [after.requests - before.requests, after.commands - before.commands]
}

export { eventually } from '../../../../test/support/eventually.js'

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let names = 0

/** A name that no other test of this file uses. */
export const freshName = (): string => `name-${(names += 1)}`
