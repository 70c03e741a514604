import { setTimeout } from 'node:timers/promises'
import { getEventListeners } from 'node:events'
import { createLocker } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { type Client, clients, type Connected } from '../../support/clients.js'
import { eventually, freshName } from '../../support/eventually.js'
import { runCycles } from '../../support/cycles.mjs'
import { handles } from '../../support/heap.mjs'
import { type Contender, startContender } from '../../support/processes.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)

/**
 * The least number of cycles, here and in the processes that live to the end. The cycles of killed processes come on
 * top.
 */
const CYCLES = 10_000
/** The rounds of a process that lives: the heap of its first third is compared with that of its last third. */
const [ROUNDS, PER_ROUND] = [6, 500]
const HERE = CYCLES - clients.length * ROUNDS * PER_ROUND
const BEFORE = HERE / 4
/** Bytes that a cycle may leave behind, which is the noise of the measurement: a small part of a lease. */
const NOISE_BYTES = 20
/** Compiled code and what is counted for it lie on the heap too, and come and go: up to 200 KB from round to round. */
const STEADY_HEAP = ['--jitless']
const TTL_MS = 1_000
const PLACE_MS = 3_000
/** The answer of PTTL for a key that is not there. */
const GONE = -2
const NAMES = Array.from({ length: 7 }, freshName)

const connections = async (): Promise<number> =>
  String(await raw.command('CLIENT', 'LIST'))
    .trim()
    .split('\n').length
/** The channels on which a backend is notified of turns; beside them there is one channel for all, for losses. */
const inboxes = async (): Promise<unknown[]> => {
  const channels = (await raw.command('PUBSUB', 'CHANNELS')) as string[]
  return channels.filter((channel) => channel !== 'lock:turn:lost')
}
/** Users with a connection that stands; ended with the test. */
async function users(...by: readonly Client[]): Promise<AsyncDisposable & { all: readonly Connected[] }> {
  const all = await Promise.all(by.map((client) => client.connect(server.port)))
  for (const { backend } of all) await eventually(() => backend.inspect('nothing'))
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

/** Takes turns with all other contenders, through two lockers that are closed in the end. */
async function takeTurns(all: readonly Connected[], count: number, patience: AbortSignal): Promise<number> {
  const lockers = all.map(({ backend }) => createLocker({ backend, ttlMs: TTL_MS }))
  const given = await runCycles({ lockers, names: NAMES, count, patience })
  await Promise.all(lockers.map((locks) => locks.close()))
  return given
}

const holds = async (label: string, name: string): Promise<boolean> =>
  String(await raw.command('GET', `lock:${name}`)).startsWith(`${label}~`)
const waits = async (label: string, name: string): Promise<boolean> => {
  const line = (await raw.command('ZRANGEBYSCORE', `{lock:${name}}:l`, '(0', '+inf')) as string[]
  return line.some((owner) => owner.startsWith(`${label}~`))
}

/** Ends a process at a moment at which `does` is surely true of it for some name. */
async function killWhen(contender: Contender, does: (name: string) => Promise<boolean>): Promise<void> {
  await eventually(async () => {
    contender.signal('SIGSTOP')
    // A command that it sent before may arrive after the first look.
    for (const name of NAMES) if ((await does(name)) && (await does(name))) return
    contender.signal('SIGCONT')
    throw new Error('it neither holds nor waits at this moment')
  })
  contender.signal('SIGKILL')
  await contender.ended()
}

/** Bytes that each cycle has left behind, by what was left in the first third of the rounds and in the last. */
function growth({ told }: Contender): number {
  const heaps = told.flatMap(({ heap }) => heap ?? [])
  expect(heaps.length).toBeGreaterThanOrEqual(ROUNDS)
  const third = Math.floor(heaps.length / 3)
  const cycles = PER_ROUND * (heaps.length - 2 * third + 1)
  return (Math.min(...heaps.slice(-third)) - Math.max(...heaps.slice(0, third))) / cycles
}

/** A process by each client; ended with the test. */
async function contenders(execArgv?: string[]): Promise<AsyncDisposable & { both: readonly [Contender, Contender] }> {
  const both = await Promise.all([
    startContender('ioredis', server.port, execArgv),
    startContender('node-redis', server.port, execArgv),
  ])
  return {
    both,
    [Symbol.asyncDispose]: async () => void (await Promise.all(both.map((each) => each[Symbol.asyncDispose]()))),
  }
}

// P8
test(`${CYCLES} cycles with contention, aborts and kills leave nothing behind`, async () => {
  await using here = await users(...clients)
  const { all } = here
  const patience = new AbortController()
  const warnings: Error[] = []
  const warn = (warning: Error): void => void warnings.push(warning)
  process.on('warning', warn)
  await takeTurns(all, BEFORE, patience.signal)
  await eventually(async () => expect(await connections()).toBe(all.length + 1))
  const before = { handles: await settledHandles(), listeners: all.map(listeners) }

  await using living = await contenders(STEADY_HEAP)
  await using dying = await contenders()
  const [holder, waiter] = dying.both
  const order = { ttlMs: TTL_MS, names: NAMES, count: PER_ROUND }
  for (const each of living.both) each.order('cycle', { ...order, label: 'living', rounds: ROUNDS })
  holder.order('cycle', { ...order, label: 'holder', rounds: CYCLES })
  waiter.order('cycle', { ...order, label: 'waiter', rounds: CYCLES })
  const turns = takeTurns(all, HERE - BEFORE, patience.signal)
  await Promise.all(dying.both.map((each) => each.heard('cycled')))
  await killWhen(holder, (name) => holds('holder', name))
  await killWhen(waiter, (name) => waits('waiter', name))
  // The keys that killed processes leave expire, as all keys but the fences do.
  for (const key of await keysLeft()) {
    const ms = Number(await raw.command('PTTL', key))
    // A line may outlive its longest place by as much again.
    expect(ms === GONE || (ms >= 0 && ms <= 2 * PLACE_MS)).toBe(true)
  }
  // The other processes went on meanwhile, however long it took.
  for (const each of living.both) each.order('enough')
  expect(await turns).toBeGreaterThan(HERE / 100)
  for (const each of living.both) {
    expect((await each.heard('done')).listeners).toBe(0)
    expect(growth(each)).toBeLessThanOrEqual(NOISE_BYTES)
    each.order('finish')
    expect(await each.ended()).toBe(0)
  }

  await eventually(async () => expect(await keysLeft()).toEqual([]))
  await eventually(async () => expect(await raw.command('PUBSUB', 'CHANNELS')).toEqual([]))
  await eventually(async () => expect(await connections()).toBe(all.length + 1))
  expect(all.map(listeners)).toEqual(before.listeners)
  expect(getEventListeners(patience.signal, 'abort')).toEqual([])
  await eventually(() => expect(handles()).toEqual(before.handles))
  expect(warnings).toEqual([])
  process.off('warning', warn)
})

// The tests do not run side by side: they measure the whole process.
describe.each(clients)('by $name,', (client: Client) => {
  test('closing a locker ends the connection that it made for hints, and never the client', async () => {
    await using two = await users(client, client)
    const [user, other] = two.all as [Connected, Connected]
    const name = freshName()
    // The connections of this test, and no connection of an earlier test any more.
    const before = 1 + two.all.length
    await eventually(async () => expect(await connections()).toBe(before))
    const [locks, others] = [createLocker({ backend: user.backend }), createLocker({ backend: other.backend })]
    const lease = await locks.acquire(name)
    const behind = others.acquire(name)
    await eventually(async () => expect(await inboxes()).toHaveLength(1))
    expect(await connections()).toBe(before + 1)
    await lease.release()
    await (await behind).release()
    await Promise.all([locks.close(), others.close()])
    await eventually(async () => expect(await connections()).toBe(before))
    // The client is still of use, to its owner and to the next locker.
    const again = createLocker({ backend: other.backend })
    expect(await again.request(name, () => 'done')).toBe('done')
    await again.close()
    expect(await connections()).toBe(before)
  })

  test('lockers that share a backend share its connection for hints, which ends with the last of them', async () => {
    await using two = await users(client, client)
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
