import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open } from '../../support/open.js'
import { type Contender, startContender } from '../../support/processes.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)

/** The ttl of a process that has to renew its hold until it is killed or stopped. */
const TTL_MS = 4_000
const PLACE_MS = 3_000
const SLACK_MS = 5_000

const waiting = async (name: string, count: number): Promise<unknown> =>
  eventually(async () => expect(await raw.command('ZCARD', `{lock:${name}}:l`)).toBe(count))

/** Places a contender in line behind those that stand there already. */
async function enrol(contender: Contender, name: string, place: number, details: object): Promise<void> {
  contender.order('contend', { name, count: 1, holdMs: 5, ...details })
  await waiting(name, place)
}

interface Hold {
  readonly by: number
  readonly fence: number
  readonly from: number
  readonly to: number
}

/** The holds that the contenders reported since so many of their messages, in the order of time. */
function holdsOf(contenders: readonly Contender[], since: readonly number[]): Hold[] {
  const holds = contenders.flatMap(({ told }, by) =>
    told
      .slice(since[by])
      .filter(({ event }) => event === 'held')
      .map(({ fence = 0, at: from }) => ({
        by,
        fence,
        from,
        to: told.find((one) => one.event === 'gave' && one.fence === fence)?.at ?? Infinity,
      })),
  )
  return holds.toSorted((a, b) => a.from - b.from)
}

test.concurrent('five processes with ten waiters each: one after the other, first come first served', async () => {
  const started = await Promise.all([0, 1, 2, 3, 4].map((i) => startContender(clients[i % 2]?.name ?? '', server.port)))
  await using user = await open(clients[0] ?? expect.unreachable(), server.port)
  const contend = async (handOver: object): Promise<Hold[]> => {
    const name = freshName()
    await raw.command('SET', `lock:${name}`, 'the gate', 'PX', '60000')
    for (const [i, contender] of started.entries())
      await enrol(contender, name, i + 1, { handOver, count: 10, holdMs: 2 })
    const before = started.map(({ told }) => told.length)
    expect(await user.locks.forceRelease(name)).toBe(true)
    await Promise.all(started.map((contender, i) => contender.heard('done', before[i])))
    expect(await raw.command('EXISTS', `lock:${name}`, `{lock:${name}}:l`, `{lock:${name}}:p`)).toBe(0)
    return holdsOf(started, before)
  }
  const handed = await contend({})
  const single = await contend({ count: 0 })
  for (const holds of [handed, single]) {
    expect(holds).toHaveLength(50)
    for (const [i, hold] of holds.slice(1).entries()) {
      expect(hold.fence).toBeGreaterThan(holds[i]?.fence ?? Infinity)
      expect(hold.from).toBeGreaterThanOrEqual(holds[i]?.to ?? Infinity)
    }
    expect([...new Set(holds.map(({ by }) => by))]).toEqual([0, 1, 2, 3, 4])
  }
  // A process that does not hand over stands behind all others again.
  expect(single.slice(0, 5).map(({ by }) => by)).toEqual([0, 1, 2, 3, 4])
  for (const contender of started) await contender[Symbol.asyncDispose]()
})

describe.concurrent.each(clients)('by $name,', (client) => {
  // P4
  test('a holder that is killed: the next one has it within the ttl and one place time', async () => {
    await using holder = await startContender(client.name, server.port)
    await using user = await open(client, server.port)
    const name = freshName()
    holder.order('hold', { name, options: { ttlMs: TTL_MS } })
    const { fence = Infinity } = await holder.heard('held')
    const behind = user.locks.acquire(name)
    await waiting(name, 1)
    holder.signal('SIGKILL')
    await holder.ended()
    const { value, ms } = await timed(behind)
    expect(value?.fence).toBeGreaterThan(fence)
    expect(ms).toBeLessThan(TTL_MS + PLACE_MS + SLACK_MS)
  })

  // P4
  test('waiters that are killed: they delay the living by one place time in all', async () => {
    const dead = await Promise.all([1, 2].map(() => startContender(client.name, server.port)))
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    for (const [i, contender] of dead.entries()) await enrol(contender, name, i + 1, {})
    const behind = other.locks.acquire(name)
    await waiting(name, 3)
    for (const contender of dead) contender.signal('SIGKILL')
    for (const contender of dead) await contender.ended()
    await lease.release()
    const { value, ms } = await timed(behind)
    expect(value?.fence).toBeGreaterThan(lease.fence ?? 0)
    expect(ms).toBeLessThan(PLACE_MS + SLACK_MS)
  })

  test('a waiter that is stopped: skipped after its place time, served when it goes on', async () => {
    await using sleeper = await startContender(client.name, server.port)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    await enrol(sleeper, name, 1, {})
    const behind = other.locks.acquire(name)
    await waiting(name, 2)
    sleeper.signal('SIGSTOP')
    await lease.release()
    const { value: next, ms } = await timed(behind)
    expect(ms).toBeLessThan(PLACE_MS + SLACK_MS)
    sleeper.signal('SIGCONT')
    await waiting(name, 1)
    expect(sleeper.told.some(({ event }) => event === 'held')).toBe(false)
    await next?.release()
    expect((await sleeper.heard('held')).fence).toBeGreaterThan(next?.fence ?? Infinity)
    await sleeper.heard('done')
  })

  test('a holder that is stopped: the next one gets it, and the holder knows as soon as it goes on', async () => {
    await using sleeper = await startContender(client.name, server.port)
    await using user = await open(client, server.port)
    const name = freshName()
    sleeper.order('hold', { name, options: { ttlMs: TTL_MS } })
    const { fence = Infinity } = await sleeper.heard('held')
    const behind = user.locks.acquire(name)
    await waiting(name, 1)
    sleeper.signal('SIGSTOP')
    const next = await behind
    expect(next.fence).toBeGreaterThan(fence)
    sleeper.signal('SIGCONT')
    sleeper.order('ask')
    expect((await sleeper.heard('believes')).held).toBe(false)
    await sleeper.heard('lost')
    expect(await raw.command('GET', `lock:${name}`)).toBe(next.owner)
    expect(await next.release()).toBe('released')
  })

  test('a process that has held and finished ends by itself, and so does one that forgot to release', async () => {
    const [tidy, untidy] = await Promise.all([1, 2].map(() => startContender(client.name, server.port)))
    const names = [freshName(), freshName()]
    for (const [i, contender] of [tidy, untidy].entries()) {
      contender?.order('hold', { name: names[i], options: { ttlMs: 1_000 } })
      await contender?.heard('held')
    }
    tidy?.order('finish')
    untidy?.order('forget')
    expect(await tidy?.ended()).toBe(0)
    expect(await untidy?.ended()).toBe(0)
    expect(await raw.command('EXISTS', `lock:${names[0]}`)).toBe(0)
    await eventually(async () => expect(await raw.command('EXISTS', `lock:${names[1]}`)).toBe(0))
  })

  const [end, order, code] =
    client.name === 'ioredis' ? (['exits', 'exit', 0] as const) : (['throws', 'throw', 1] as const)
  test(`a process that ${end} while it holds ends at once, and the lease at its ttl`, async () => {
    await using contender = await startContender(client.name, server.port)
    await using user = await open(client, server.port)
    const name = freshName()
    contender.order('hold', { name, options: { ttlMs: 1_000 } })
    await contender.heard('held')
    contender.order(order)
    expect(await contender.ended()).toBe(code)
    expect((await user.locks.acquire(name)).held).toBe(true)
  })
})
