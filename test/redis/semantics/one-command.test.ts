import type { Lease, Locker } from '@holdfast/core'
import { type FaultProxy, startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, type RawClient, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { coalescing } from '../../../packages/core/dist/timers/coalescer.js'
import { claimOf } from '../../support/claim.js'
import { clients } from '../../support/clients.js'
import { eventually, freshName } from '../../support/eventually.js'
import { open } from '../../support/open.js'
import { ownerOf } from '../../support/owners.js'
import { isAcquire, isRelease, loadScripts, scriptRuns } from '../../support/script-commands.js'

const [CONTENDERS, ROUNDS] = [8, 25]
const POLL_MS = 1_000

const names = (count: number): readonly string[] => Array.from({ length: count }, freshName)
const acquireAll = (locks: Locker, all: readonly string[]): Promise<Lease[]> =>
  Promise.all(all.map((name) => locks.acquire(name)))

/** How many commands the server executes, those in scripts included. */
async function callsOf(raw: RawClient, act: () => Promise<unknown>): Promise<number> {
  const count = async (): Promise<number> => {
    const stats = String(await raw.command('INFO', 'commandstats'))
    return [...stats.matchAll(/^cmdstat_(?!info)\S+?:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0)
  }
  const before = await count()
  await act()
  return (await count()) - before
}

test.each(clients)(
  'where each call is sent by itself, all is the same but the number of commands: $name',
  async (client) => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await loadScripts(raw)
    coalescing.most = 1
    const opening = client.connect(server.port)
    const { backend, end } = await opening.finally(() => (coalescing.most = Infinity))
    const before = await scriptRuns(raw)
    const outcomes = await Promise.all(names(5).map((name) => backend.acquire(claimOf(name, { owner: ownerOf('a') }))))
    expect(outcomes.every(({ acquired }) => acquired)).toBe(true)
    expect((await scriptRuns(raw)) - before).toBe(5)
    end()
  },
)

// Each test counts commands, so it has a server of its own.
describe.concurrent.each(clients)('by $name,', (client) => {
  test('what is asked in one turn of the event loop is one command, each way', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await loadScripts(raw)
    await using user = await open(client, server.port)
    const before = await scriptRuns(raw)
    const leases = await acquireAll(user.locks, names(30))
    expect((await scriptRuns(raw)) - before).toBe(1)
    expect(new Set(leases.map(({ owner }) => owner)).size).toBe(30)
    expect(await Promise.all(leases.map((lease) => lease.release()))).toEqual(leases.map(() => 'released'))
    expect((await scriptRuns(raw)) - before).toBe(2)
  })

  test('a release comes before the claim on the same name that was made after it', async () => {
    await using server = await startRedis({ own: true })
    await using user = await open(client, server.port)
    const name = freshName()
    let holder = ownerOf('0')
    await user.backend.acquire(claimOf(name, { owner: ownerOf('0') }))
    for (let i = 1; i <= 50; i++) {
      const [released, outcome] = await Promise.all([
        user.backend.release({ name, owner: holder }),
        user.backend.acquire(claimOf(name, { owner: ownerOf(`${i}`) })),
      ])
      expect([released, outcome.acquired]).toEqual(['released', true])
      holder = ownerOf(`${i}`)
    }
  })

  test('a key of another type fails the claim on it alone, and what was asked with it is done', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    const all = names(5)
    await raw.command('RPUSH', `lock:${all[2]}`, 'an element')
    const outcomes = await Promise.allSettled(all.map((name) => user.locks.tryAcquire(name)))
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true])
    expect(outcomes[2]).toMatchObject({ reason: { code: 'LOCK_BACKEND' } })
  })

  test('the pair of a name that nobody else wants makes six calls in its scripts, also when a watch stands', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await loadScripts(raw)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const pair = async ({ locks } = user): Promise<unknown> => (await locks.acquire('free')).release()
    // A client sends commands of its own when it connects: the server has executed them once it answers these pairs.
    await pair(other)
    await pair()
    expect(await callsOf(raw, () => pair())).toBe(2 + 6)
    const lease = await other.locks.acquire('wanted')
    const waiting = user.locks.acquire('wanted')
    await eventually(async () => expect(String(await raw.command('HVALS', '{lock:wanted}:p'))).toContain('turn:'))
    await lease.release()
    await (await waiting).release()
    expect(await callsOf(raw, () => pair())).toBe(2 + 6)
  })

  test('a hand-over among eight processes that renew costs the server 24 calls at most', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await loadScripts(raw)
    const contenders = await Promise.all(Array.from({ length: CONTENDERS }, () => open(client, server.port)))
    const rounds = async (count: number): Promise<void> => {
      await Promise.all(
        contenders.map(async ({ locks }) => {
          for (let i = 0; i < count; i++) await (await locks.acquire('wanted')).release()
        }),
      )
    }
    // Rounds until every contender listens for its turn.
    await rounds(5)
    const began = performance.now()
    const calls = await callsOf(raw, () => rounds(ROUNDS))
    // A waiter asks once a second, which costs no more than an acquisition.
    const asked = CONTENDERS * (ROUNDS + Math.floor((performance.now() - began) / POLL_MS))
    process.stdout.write(`${client.name}: ${(calls / asked).toFixed(1)} calls of the server for an acquisition\n`)
    expect(calls / asked).toBeLessThanOrEqual(24)
    for (const contender of contenders) await contender[Symbol.asyncDispose]()
  })
})

describe.concurrent.each(clients)('a lost reply to several that were asked together, by $name,', (client) => {
  const through = async (
    act: (user: Awaited<ReturnType<typeof open>>, proxy: FaultProxy, raw: RawClient) => Promise<void>,
  ): Promise<void> => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await loadScripts(raw)
    await using proxy = await startFaultProxy({ target: server })
    await using user = await open(client, proxy.port, { ttlMs: 5_000, attemptTimeoutMs: 500 })
    await act(user, proxy, raw)
  }

  test('leaves each of them unknown: each who may wait asks again, and has what it was granted', async () => {
    await through(async ({ locks }, proxy, raw) => {
      const all = names(10)
      const lost = proxy.loseReply({ match: isAcquire })
      const leases = await acquireAll(locks, all)
      expect(lost.fired).toBe(1)
      for (const lease of leases) {
        expect(await raw.command('GET', `lock:${lease.name}`)).toBe(lease.owner)
        expect(await raw.command('GET', `{lock:${lease.name}}:f`)).toBe(`${lease.fence}`)
      }
    })
  })

  // A client may send the command again by itself, and find the grant.
  test('each who makes one attempt has the name, or is told that it is unknown and leaves nothing behind', async () => {
    await through(async ({ locks }, proxy, raw) => {
      const all = names(10)
      const lost = proxy.loseReply({ match: isAcquire })
      const outcomes = await Promise.allSettled(all.map((name) => locks.tryAcquire(name)))
      expect(lost.fired).toBe(1)
      for (const [i, outcome] of outcomes.entries()) {
        const key = `lock:${all[i]}`
        if (outcome.status === 'fulfilled') {
          expect(await raw.command('GET', key)).toBe(outcome.value?.owner)
        } else {
          expect(outcome.reason).toMatchObject({ code: 'LOCK_INDETERMINATE' })
          await eventually(async () => expect(await raw.command('EXISTS', key)).toBe(0))
        }
      }
    })
  })

  test('of releases: each is repeated, and touches no successor', async () => {
    await through(async ({ locks }, proxy, raw) => {
      const all = names(10)
      const leases = await acquireAll(locks, all)
      const lost = proxy.loseReply({ match: isRelease })
      const released = Promise.all(leases.map((lease) => lease.release()))
      await eventually(async () => expect(await raw.command('EXISTS', ...all.map((name) => `lock:${name}`))).toBe(0))
      for (const name of all) await raw.command('SET', `lock:${name}`, 'a successor')
      for (const outcome of await released) expect(['released', 'expired', 'unknown']).toContain(outcome)
      expect(lost.fired).toBe(1)
      for (const name of all) expect(await raw.command('GET', `lock:${name}`)).toBe('a successor')
    })
  })
})
