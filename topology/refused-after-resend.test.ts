import { type FaultProxy, startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, type RedisServer, startRedis, startSentinel } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { eventually, rejection } from '../test/support/eventually.js'
import { isAcquire, isAny, isExtend, loadScripts } from '../test/support/script-commands.js'
import { ofSentinel, open, type Opened, standalone } from './support/clients.js'
import { on } from './support/servers.js'

interface Pair extends AsyncDisposable {
  readonly former: RedisServer
  readonly heir: RedisServer
  readonly proxy: FaultProxy
  readonly user: Opened
  /** The replica takes over with all data, and the former master follows it, before the client is connected again. */
  failover(): Promise<void>
}

/** A master by way of a proxy, its replica, and a locker by ioredis, which sends again what was in flight at a cut. */
async function pair(): Promise<Pair> {
  const prompt = ['--repl-diskless-sync-delay', '0']
  const former = await startRedis({ own: true, args: prompt })
  const heir = await startRedis({ own: true, args: [...prompt, '--replicaof', `${former.host} ${former.port}`] })
  await eventually(async () => expect(await on(heir, 'INFO', 'replication')).toContain('master_link_status:up'))
  await using raw = await connectRaw(former.port)
  await loadScripts(raw)
  const proxy = await startFaultProxy({ target: former })
  const [ioredis] = standalone(proxy)
  if (ioredis === undefined) throw new Error('a client is needed')
  const user = await open(ioredis, { ttlMs: 20_000 })
  await user.locks.inspect('name')
  return {
    former,
    heir,
    proxy,
    user,
    failover: async () => {
      await on(heir, 'REPLICAOF', 'NO', 'ONE')
      await on(former, 'REPLICAOF', heir.host, `${heir.port}`)
      await proxy.accept()
    },
    [Symbol.asyncDispose]: async () => {
      await user[Symbol.asyncDispose]()
      await proxy.stop()
      await former.stop()
      await heir.stop()
    },
  }
}

describe('what a client sent a second time, and was refused then, may have been executed the first time', () => {
  const claim = { name: 'name', owner: 'owner~1', ttlMs: 20_000, mode: 'exclusive', limit: 1 } as const

  test('acquire', async () => {
    await using all = await pair()
    const { heir, proxy, user, failover } = all
    const lost = proxy.loseReply({ match: isAcquire })
    const attempt = rejection(user.backend.acquire(claim))
    await lost.whenFired()
    proxy.refuse()
    await eventually(async () => expect(await on(heir, 'EXISTS', 'lock:name')).toBe(1))
    await failover()
    expect(await attempt).toMatchObject({ executed: 'unknown' })
  })

  test('extend', async () => {
    await using all = await pair()
    const { heir, proxy, user, failover } = all
    await user.backend.acquire(claim)
    const lost = proxy.loseReply({ match: isExtend })
    const attempt = rejection(user.backend.extend([{ ...claim, ttlMs: 10_000 }]))
    await lost.whenFired()
    proxy.refuse()
    await eventually(async () => {
      const ms = Number(await on(heir, 'PTTL', 'lock:name'))
      // Below zero, the new master has not got the lease yet.
      expect(ms > 0 && ms <= 10_000).toBe(true)
    })
    await failover()
    expect(await attempt).toMatchObject({ executed: 'unknown' })
  })

  test('over Sentinel of node-redis, which asks again whichever master there is', async () => {
    await using sentinel = await startSentinel({ replicas: 0, sentinels: 1 })
    const master = await sentinel.master()
    await using raw = await connectRaw(master.port)
    await loadScripts(raw)
    await using proxy = await startFaultProxy({ target: master })
    const map = { [`${master.host}:${master.port}`]: { host: '127.0.0.1', port: proxy.port } }
    const [, nodeRedis] = ofSentinel(sentinel, map)
    if (nodeRedis === undefined) throw new Error('a client is needed')
    await using user = await open(nodeRedis)
    const verbs = [() => user.backend.acquire(claim), () => user.backend.extend([{ ...claim, ttlMs: 10_000 }])]
    for (const verb of verbs) {
      const lost = proxy.loseReply({ match: isAny })
      const attempt = rejection(verb())
      await lost.whenFired()
      proxy.refuse()
      await raw.command('CONFIG', 'SET', 'min-replicas-to-write', '1')
      await proxy.accept()
      const refusal = await attempt
      expect(String(refusal)).toContain('NOREPLICAS')
      expect(refusal).toMatchObject({ executed: 'unknown', retryable: true })
      await raw.command('CONFIG', 'SET', 'min-replicas-to-write', '0')
    }
    const ms = Number(await raw.command('PTTL', 'lock:name'))
    expect(ms > 0 && ms <= 10_000).toBe(true)
  })
})
