import type { Turn, Unwatch } from '@holdfast/core'
import { connectRaw, type RedisCluster, startRedisCluster } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { claimOf } from '../test/support/claim.js'
import { eventually } from '../test/support/eventually.js'
import { loadScripts } from '../test/support/script-commands.js'
import { ofCluster, open, type Opened } from './support/clients.js'
import { anotherMaster, nameIn, nameOn, on, PREFIX, runsOf, slotOf, SLOTS } from './support/servers.js'

const cluster: RedisCluster = await startRedisCluster()
afterAll(() => cluster.stop())
// The scripts are loaded, so that each call is one script from the first call on.
for (const { port } of cluster.nodes) {
  await using raw = await connectRaw(port)
  await loadScripts(raw)
}
const clients = ofCluster(cluster)

const WIDTH = 200

/** Acts on all items, some of them at once. */
async function forEach<T>(items: Iterable<T>, act: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await act(next.value)
  }
  await Promise.all(Array.from({ length: WIDTH }, work))
}

test('a name in every slot is held by one client, respected by the other, and given up', async () => {
  const [one, other] = await Promise.all(clients.map((client) => open(client)))
  if (one === undefined || other === undefined) throw new Error('two clients are needed')
  const names = new Map<number, string>()
  for (let n = 0; names.size < SLOTS; n++) {
    const name = `every-${n}`
    const slot = slotOf(PREFIX + name)
    if (!names.has(slot)) names.set(slot, name)
  }
  await forEach(names, async ([slot, name]) => {
    const [mine, theirs] = slot % 2 === 0 ? [one.backend, other.backend] : [other.backend, one.backend]
    const claim = claimOf(name, { owner: `owner~${slot}` })
    expect((await mine.acquire(claim)).acquired).toBe(true)
    expect((await theirs.acquire(claimOf(name, { owner: `stranger~${slot}` }))).acquired).toBe(false)
    expect(await mine.release({ name, owner: claim.owner })).toBe('released')
  })
  for (const each of [one, other]) await each[Symbol.asyncDispose]()
}, 120_000)

describe.each(clients)('$name', (client) => {
  test("a hash tag of the user's keeps a lock, and all beside it, with the user's own keys", async () => {
    await using user = await open(client)
    const lease = await user.locks.acquire('{user:42}.cart')
    const waiting = user.backend.acquire(claimOf('{user:42}.cart', { owner: 'other~1', lineMs: 60_000 }))
    expect((await waiting).acquired).toBe(false)
    const slot = await cluster.slotOf('{user:42}.data')
    const master = await cluster.masterOf(slot)
    const keys = await on(master, 'CLUSTER', 'GETKEYSINSLOT', `${slot}`, '10')
    expect(Array.isArray(keys) && keys.filter((key) => String(key).includes('user:42'))).toHaveLength(4)
    // One script of the user's over the lock and the data that it guards.
    const script = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('INCR', KEYS[2]) end return 0"
    const lock = `${PREFIX}{user:42}.cart`
    expect(await on(master, 'EVAL', script, '2', lock, '{user:42}.data', lease.owner)).toBe(1)
    await on(master, 'DEL', '{user:42}.data')
    await user.backend.release({ name: '{user:42}.cart', owner: 'other~1' })
    expect(await lease.release()).toBe('released')
  })

  test.each([
    ['names spread over all slots are each renewed', (i: number) => nameIn(i * 250), 60],
    ['names of one slot are renewed together', (i: number) => `{together}-${i}`, 2],
  ])('%s', async (_, nameOf, most) => {
    const COUNT = 60
    // The next round begins four seconds after this round: this round is counted before.
    const TTL_MS = 12_000
    let renewed = 0
    await using user = await open(client, { ttlMs: TTL_MS, observer: { renewed: () => void (renewed += 1) } })
    const names = Array.from({ length: COUNT }, (_each, i) => nameOf(i))
    const leases = await Promise.all(names.map((name) => user.locks.acquire(name)))
    const before = await runsOf(cluster.nodes)
    expect(renewed).toBe(0)
    await eventually(() => expect(renewed).toBeGreaterThanOrEqual(COUNT))
    const runs = (await runsOf(cluster.nodes)) - before
    const rounds = renewed / COUNT
    expect(runs, `scripts that ran for ${rounds} rounds`).toBeLessThanOrEqual(most * Math.ceil(rounds))
    for (const lease of leases) expect(lease.held).toBe(true)
    await Promise.all(leases.map((lease) => lease.release()))
  })

  test('a turn arrives on whichever node the lock lies and the waiter listens', async () => {
    const listeners = await Promise.all(Array.from({ length: 4 }, () => open(client)))
    await using holder = await open(client)
    const turns: Turn[] = []
    const listen = async ({ backend }: Opened): Promise<Unwatch | undefined> =>
      backend.watch?.((turn) => void turns.push(turn))
    const ends = await Promise.all(listeners.map(listen))
    const first = await cluster.masterOf(0)
    const second = await anotherMaster(cluster, first)
    const masters = [first, second, await anotherMaster(cluster, first, second)]
    for (const master of masters) {
      for (const [index, { backend }] of listeners.entries()) {
        const name = await nameOn(cluster, master)
        const owner = `waiter~${index}`
        await holder.backend.acquire(claimOf(name, { owner: 'holder~1' }))
        await backend.acquire(claimOf(name, { owner, lineMs: 60_000 }))
        await holder.backend.release({ name, owner: 'holder~1' })
        await eventually(() => expect(turns).toContainEqual(expect.objectContaining({ name, owner })))
        await backend.release({ name, owner })
      }
    }
    for (const end of ends) await end?.()
    for (const each of listeners) await each[Symbol.asyncDispose]()
  })
})
