import { startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import Redlock from 'redlock'
import { afterAll, expect, test } from 'vitest'
import { eventually, freshName } from '../support/eventually.js'

// The majority of docs/comparison.md: three servers that know nothing of each other.
const servers = await Promise.all([startRedis({ own: true }), startRedis({ own: true }), startRedis({ own: true })])
const clients = servers.map(({ port }) => new Redis(port))
const redlock = new Redlock(clients, { retryCount: 0 })
afterAll(async () => {
  for (const client of clients) client.disconnect()
  await Promise.all(servers.map((server) => server.stop()))
})

test('quorum: a pair of acquire and release is two commands on each server', async () => {
  const before = await Promise.all(clients.map(scripts))
  for (let i = 0; i < 10; i++) await (await redlock.acquire([freshName()], 5_000)).release()
  const sent = await Promise.all(clients.map(async (client, i) => (await scripts(client)) - (before[i] ?? 0)))
  for (const each of sent) expect(each).toBeGreaterThanOrEqual(20)
})

test('quorum: one server that comes back without its data lets two hold the lock', async () => {
  const name = freshName()
  const [, second, third] = clients as [Redis, Redis, Redis]
  // The third server has no vote for the first holder, as when a message to it is lost.
  await third.set(name, 'taken', 'PX', 60_000)
  const first = await redlock.acquire([name], 60_000)
  await third.del(name)
  await second.flushall() // as a restart without persistence
  const other = await redlock.acquire([name], 60_000)
  for (const { expiration } of [first, other]) expect(expiration).toBeGreaterThan(Date.now())
})

test('quorum: after its ttl a paused holder cannot be told from the next one by what they hold', async () => {
  const name = freshName()
  const first = await redlock.acquire([name], 2_000)
  const next = await eventually(() => redlock.acquire([name], 5_000))
  // The values are random: two values have no order, so that no resource can refuse the older.
  for (const { value } of [first, next]) expect(value).toMatch(/^[0-9a-f]{32}$/)
  await next.release()
})

/** How many scripts the server was asked to run. */
async function scripts(client: Redis): Promise<number> {
  const stats = await client.info('commandstats')
  const calls = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, count]) => Number(count))
  return calls.reduce((sum, count) => sum + count, 0)
}
