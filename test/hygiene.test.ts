import { setTimeout } from 'node:timers/promises'
import { getEventListeners } from 'node:events'
import { createLocker } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { type Client, clients, type Connected } from './clients.js'
import { eventually, freshName } from './support/eventually.js'
import { handles, heapUsed } from './support/heap.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)

const CYCLES = 2_000
const WORKERS = 10
const NAMES = 3
/** What a cycle may leave behind, by the noise of the measurement: less than any object of ours. */
const NOISE_BYTES = 100
/** A leak grows every time, noise does not. */
const ROUNDS = 4

const connections = async (): Promise<number> =>
  String(await raw.command('CLIENT', 'LIST'))
    .trim()
    .split('\n').length
/** Those on which one backend is told of turns; beside them there is one for all, on which losses are told. */
const inboxes = async (): Promise<unknown[]> => {
  const channels = (await raw.command('PUBSUB', 'CHANNELS')) as string[]
  return channels.filter((channel) => channel !== 'lock:turn:lost')
}
/** Users with a connection that stands; ended with the test. */
async function users(client: Client, count: number): Promise<AsyncDisposable & { all: readonly Connected[] }> {
  const all = await Promise.all(Array.from({ length: count }, () => client.connect(server.port)))
  for (const { backend } of all) await backend.inspect('nothing')
  return { all, [Symbol.asyncDispose]: async () => all.forEach(({ end }) => end()) }
}
const listeners = ({ client }: Connected): string =>
  JSON.stringify(client.eventNames().map((event) => [String(event), client.listenerCount(event)]))

async function keysLeft(): Promise<string[]> {
  const keys = (await raw.command('KEYS', '*')) as string[]
  const left: string[] = []
  for (const key of keys) {
    const isFence = key.endsWith(':f') && Number(await raw.command('PTTL', key)) > 0
    if (!isFence) left.push(key)
  }
  return left
}

/** The handles of this process, once they stay the same: a socket lives on for a moment after its connection. */
async function settledHandles(): Promise<ReturnType<typeof handles>> {
  let last = handles()
  await eventually(async () => {
    const earlier = last
    await setTimeout(100)
    last = handles()
    expect(last).toEqual(earlier)
  })
  return last
}

/** Takes turns on a few names from two lockers, and gives some of the waits up half-way. */
async function work(all: readonly Connected[], cycles: number, patience: AbortSignal): Promise<number> {
  const lockers = all.map(({ backend }) => createLocker({ backend }))
  let left = cycles
  let given = 0
  const worker = async (id: number): Promise<void> => {
    const locks = lockers[id % lockers.length] ?? expect.unreachable()
    while (left > 0) {
      const turn = left--
      const impatient = new AbortController()
      const signal = turn % 5 === 0 ? impatient.signal : patience
      const lease = locks.acquire(`name-${turn % NAMES}`, { signal })
      if (turn % 5 === 0) setImmediate(() => impatient.abort())
      await lease.then(
        (held) => (turn % 7 === 0 ? undefined : held.release()),
        () => (given += 1),
      )
      if (turn % 7 === 0) await (await lease.catch(() => undefined))?.release()
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, id) => worker(id)))
  await Promise.all(lockers.map((locks) => locks.close()))
  return given
}

// F54, P8. Not side by side: they measure the whole process.
describe.each(clients)('by $name,', (client: Client) => {
  test(`${CYCLES} cycles with contention and aborts leave nothing behind`, async () => {
    await using two = await users(client, 2)
    const { all } = two
    const patience = new AbortController()
    const warnings: Error[] = []
    const warn = (warning: Error): void => void warnings.push(warning)
    process.on('warning', warn)
    await work(all, CYCLES / 2, patience.signal)
    await eventually(async () => expect(await connections()).toBe(all.length + 1))
    const before = { handles: await settledHandles(), listeners: all.map(listeners) }

    let grown = Infinity
    for (let round = 0; round < ROUNDS && grown > CYCLES * NOISE_BYTES; round++) {
      const heap = await heapUsed()
      expect(await work(all, CYCLES, patience.signal)).toBeGreaterThan(CYCLES / 100)
      grown = (await heapUsed()) - heap
    }
    expect(grown).toBeLessThanOrEqual(CYCLES * NOISE_BYTES)

    await eventually(async () => expect(await raw.command('PUBSUB', 'CHANNELS')).toEqual([]))
    await eventually(async () => expect(await connections()).toBe(all.length + 1))
    await eventually(async () => expect(await keysLeft()).toEqual([]))
    expect(all.map(listeners)).toEqual(before.listeners)
    expect(getEventListeners(patience.signal, 'abort')).toEqual([])
    await eventually(() => expect(handles()).toEqual(before.handles))
    expect(warnings).toEqual([])
    process.off('warning', warn)
  })

  test('closing a locker ends the connection that it made for hints, and never the client', async () => {
    await using two = await users(client, 2)
    const [user, other] = two.all as [Connected, Connected]
    const name = freshName()
    const before = await connections()
    const [locks, others] = [createLocker({ backend: user.backend }), createLocker({ backend: other.backend })]
    const lease = await locks.acquire(name)
    const behind = others.acquire(name)
    await eventually(async () => expect(await inboxes()).toHaveLength(1))
    expect(await connections()).toBe(before + 1)
    await lease.release()
    await (await behind).release()
    await Promise.all([locks.close(), others.close()])
    await eventually(async () => expect(await connections()).toBe(before))
    // Still of use, to its owner and to the next locker.
    const again = createLocker({ backend: other.backend })
    expect(await again.request(name, () => 'done')).toBe('done')
    await again.close()
    expect(await connections()).toBe(before)
  })

  test('lockers that share a backend share its connection for hints, which ends with the last of them', async () => {
    await using two = await users(client, 2)
    const [user, other] = two.all as [Connected, Connected]
    const name = freshName()
    const holder = createLocker({ backend: other.backend })
    const lockers = [1, 2, 3].map(() => createLocker({ backend: user.backend }))
    const lease = await holder.acquire(name)
    const behind = lockers.map((locks) => locks.acquire(name).catch((error: unknown) => error))
    await eventually(async () => expect((await holder.inspect(name))?.waiting).toBe(3))
    await eventually(async () => expect(await inboxes()).toHaveLength(1))
    await lockers[0]?.close()
    await lockers[1]?.close()
    expect(await inboxes()).toHaveLength(1)
    await lease.release()
    await lockers[2]?.close()
    await eventually(async () => expect(await inboxes()).toEqual([]))
    const ends = await Promise.all(behind)
    expect(ends.slice(0, 2)).toEqual([1, 2].map(() => expect.objectContaining({ code: 'LOCK_CLOSED' }) as unknown))
    await holder.close()
  })
})
