import { expect, test } from 'vitest'
import { asyncContext } from '../../src/async-context/index.js'
import { isLockError, type Locker } from '../../src/index.js'
import { microtasks, settled } from '../support/clock.js'
import { gate, hangs, pass, slow } from '../support/faults.js'
import { codeOf, ending, recorder, world } from '../support/world.js'

const outcome = async (promise: Promise<unknown>): Promise<string> => {
  const end = await ending(promise)
  if ('value' in end) return end.value === null ? 'null' : 'a lease'
  return isLockError(end.error) ? end.error.code : String(end.error)
}

test('close() while what holds several names without renewal is made to last: LOCK_CLOSED, and nothing is acquired any more', async () => {
  const { locks, backend, clock, other } = world()
  backend.next('extend', slow(50))
  const acquiring = outcome(locks.acquire(['a', 'b'], { renew: false }))
  await clock.advance(20)
  const closing = locks.close()
  const before = backend.calls('acquire').length
  await clock.advance(5_000)
  await closing
  const left = await other().inspect('a')
  const asked = backend.calls('acquire').length - before
  await clock.advance(60_000)
  expect([await acquiring, asked, left]).toEqual(['LOCK_CLOSED', 0, null])
})

test('close() in the hook for the start of several names: LOCK_CLOSED, and nothing is acquired any more', async () => {
  const here: { locks?: Locker } = {}
  const { locks, backend, clock } = world({ observer: { started: () => void here.locks?.close() } })
  here.locks = locks
  const acquiring = outcome(locks.acquire(['a', 'b']))
  await clock.advance(60_000)
  expect(await acquiring).toBe('LOCK_CLOSED')
  expect(backend.calls('acquire').length).toBe(0)
})

test('close() between two of several names, at whichever turn of the promise queue', async () => {
  const outcomes: string[] = []
  for (let turns = 0; turns < 30; turns++) {
    const { locks, clock, backend } = world()
    const first = gate()
    backend.next('acquire', first.fault)
    const acquiring = outcome(locks.acquire(['a', 'b']))
    await settled()
    first.answer()
    await microtasks(turns)
    const before = backend.calls('acquire').length
    const closing = locks.close()
    await clock.advance(60_000)
    await closing
    outcomes.push(`${await acquiring} ${backend.calls('acquire').length - before}`)
  }
  // A lease that was there before close() is fine; one that is acquired after it is not.
  expect(outcomes.filter((one) => !one.endsWith(' 0'))).toEqual([])
})

test('close() between two of several names, the second of which is taken: it does not hang', async () => {
  const hung: number[] = []
  for (let turns = 0; turns < 30; turns++) {
    const { locks, clock, backend, other } = world()
    await other({ ttlMs: 2 ** 30 }).acquire('b')
    const first = gate()
    backend.next('acquire', first.fault)
    const acquiring = outcome(locks.acquire(['a', 'b'], { waitMs: Infinity }))
    await settled()
    first.answer()
    await microtasks(turns)
    let closed = false
    void locks.close().then(() => (closed = true))
    await clock.advance(60_000)
    if (!closed) hung.push(turns)
    void acquiring
  }
  expect(hung).toEqual([])
})

test('what enters a lease together with other names, without renewal, does not cut it short', async () => {
  const { locks, clock } = world()
  const outer = await locks.acquire('a', { ttlMs: 60_000, renew: false })
  const combined = await locks.acquire(['a', 'b', 'c'], { within: outer, ttlMs: 1_000, renew: false })
  expect(outer.remainingMs).toBeGreaterThan(50_000)
  await combined.release()
  await clock.advance(1_500)
  expect(outer.held).toBe(true)
})

test('what enters a lease together with other names, and fails, does not undo its minHoldMs', async () => {
  const { locks, clock, backend, other } = world()
  const outer = await locks.acquire('a', { minHoldMs: 5_000 })
  backend.always('extend', async () => {
    throw new Error('no')
  })
  const end = outcome(locks.acquire(['a', 'b', 'c'], { within: outer, renew: false, waitMs: 3_000 }))
  await clock.advance(4_000)
  expect(await end).toBe('LOCK_INDETERMINATE')
  backend.always('extend', pass)
  await outer.release()
  expect(await other().tryAcquire('a')).toBeNull()
})

test('minHoldMs counts for names that are entered together with others, as for one', async () => {
  const { locks, other } = world()
  const outer = await locks.acquire('a')
  const combined = await locks.acquire(['a', 'b'], { within: outer, minHoldMs: 5_000 })
  await combined.release()
  await outer.release()
  expect(await other().tryAcquire('b')).toBeNull()
  expect(await other().tryAcquire('a')).toBeNull()
})

test('the observer gets as many beginnings as ends of names that are re-entered together with others', async () => {
  const { observer, events } = recorder()
  const { locks } = world({ observer })
  const outer = await locks.acquire('a')
  const combined = await locks.acquire(['a', 'b'], { within: outer })
  await combined.release()
  await outer.release()
  const count = (hook: string, name: string): number => events.filter((e) => e[0] === hook && e[1].name === name).length
  expect(count('acquired', 'a')).toBe(count('released', 'a'))
})

test('stealing several names ends the leases here, as stealing a single name does', async () => {
  const { locks } = world()
  const one = await locks.acquire('one')
  await locks.acquire('one', { steal: true })
  expect(one.held).toBe(false)
  const victim = await locks.acquire('a')
  const stealer = await locks.acquire(['a', 'b'], { steal: true })
  expect([victim.held, stealer.held]).toEqual([false, true])
})

test('an abort while several names are waited for is answered at once, though the store does not answer a release', async () => {
  const { locks, other, backend, clock } = world()
  await other().acquire('b')
  backend.always('release', hangs)
  const controller = new AbortController()
  let end: string | undefined
  void outcome(locks.acquire(['a', 'b'], { signal: controller.signal })).then((it) => (end = it))
  await clock.advance(100)
  controller.abort('enough')
  await clock.advance(100)
  expect(end).toBe('enough')
})

test('waitMs bounds the wait for several names, though the store does not answer a release', async () => {
  const { locks, other, backend, clock } = world()
  await other().acquire('b')
  backend.always('release', hangs)
  let end: string | undefined
  void outcome(locks.acquire(['a', 'b'], { waitMs: 100 })).then((it) => (end = it))
  await clock.advance(1_000)
  expect(end).toBe('LOCK_BUSY')
})

test('a lease on several names one part of which was re-entered and left keeps the rest when another part is lost', async () => {
  const { locks, other, clock } = world({ ttlMs: 1_000 })
  const lease = await locks.acquire(['a', 'b'])
  await (await locks.acquire('a', { within: lease })).release()
  await other().forceRelease('b')
  await clock.advance(400)
  expect(lease.held).toBe(false)
  // The guarantee: "The other names of a lease that is lost protect what its holder is still at", until their ttl.
  expect(await other().tryAcquire('a')).toBeNull()
})

test('a ticket of several names one name of which is gone leaves nothing behind', async () => {
  const { locks, other } = world({ ttlMs: 3_600_000 })
  const lease = await locks.acquire(['a', 'b'])
  const ticket = lease.ticket()
  await other().forceRelease('b')
  expect(await codeOf(other().resume(ticket))).toBe('LOCK_LOST')
  await settled()
  expect(await other().tryAcquire('a')).not.toBeNull()
})

test('extend() of names some of which are entered uses the own ttl of each', async () => {
  const { locks } = world()
  const outer = await locks.acquire('b', { ttlMs: 60_000, renew: false })
  const combined = await locks.acquire(['a', 'b'], { within: outer, ttlMs: 1_000 })
  await combined.extend()
  expect(outer.remainingMs).toBeGreaterThan(50_000)
})

test('a name that was entered through the context, and left meanwhile, is waited for', async () => {
  const { locks, clock, other } = world({ context: asyncContext() })
  const held = await other().acquire('a')
  let late: Promise<string> | undefined
  await locks.request('b', () => {
    late = outcome(locks.acquire(['a', 'b']))
  })
  await held.release()
  await clock.advance(5_000)
  expect(await late).toBe('a lease')
})

test('who gives several names up twice does not touch who holds them next', async () => {
  const { locks, clock, backend, other } = world({ ttlMs: 1_000, attemptTimeoutMs: 300, handOver: { ms: 10_000 } })
  // The store evicts b during the extension, so that the acquisition fails; then a goes to its waiter in this locker.
  const extension = gate()
  backend.next('extend', extension.fault)
  const acquiring = outcome(locks.tryAcquire(['a', 'b'], { renew: false }))
  await settled()
  const next = locks.acquire('a', { renew: false, waitMs: 5_000 })
  await settled()
  await other().forceRelease('b')
  extension.answer()
  await clock.advance(100)
  expect(await acquiring).toBe('null')
  const lease = await next
  // The hold on a was handed over to its waiter: the store was asked for a only once.
  expect(backend.calls('acquire').filter(({ claim }) => claim.name === 'a')).toHaveLength(1)
  expect(lease.held).toBe(true)
  expect(await other().tryAcquire('a')).toBeNull()
})

test('a writer of several names that is lost protects what its holder is still at from readers too', async () => {
  const { locks, other, clock } = world({ ttlMs: 1_000 })
  const writer = await locks.acquire(['a', 'b'])
  const reader = await locks.acquire('a', { within: writer, mode: 'shared' })
  await other().forceRelease('b')
  await clock.advance(400)
  expect([writer.held, reader.held]).toEqual([false, true])
  expect(await other().tryAcquire('a', { mode: 'shared' })).toBeNull()
})

test('maxAttempts counts the calls for a name, also when several names begin anew', async () => {
  const { locks, other, backend, clock } = world({ ttlMs: 100 })
  // Another locker takes the first name away during each extension of both names.
  const stealer = other()
  backend.always('extend', async (execute, c) => {
    await new Promise((resolve) => void c.setTimeout(() => resolve(undefined), 1))
    await stealer.forceRelease('a')
    return execute()
  })
  const end = outcome(locks.acquire(['a', 'b'], { waitMs: 1_000, renew: false, retry: { maxAttempts: 2 } }))
  await clock.advance(500)
  const asked = backend.calls('acquire').filter(({ claim }) => claim.name === 'a').length
  backend.always('extend', pass)
  await clock.advance(2_000)
  await end
  expect(asked).toBeLessThanOrEqual(2)
})

test('of several names without renewal, one is taken when they have been made to last, at whichever turn of the promise queue: each lease that begins also ends', async () => {
  const lost: number[] = []
  for (let turns = 0; turns < 20; turns++) {
    const { events, observer } = recorder()
    const { locks, backend, clock } = world({ observer })
    const [extension, taken] = [gate(), gate()]
    backend.next('extend', extension.fault)
    const acquiring = locks.acquire(['a', 'b'], { renew: false })
    await settled()
    extension.arrive()
    backend.next('acquire', taken.fault)
    const taking = locks.acquire('a', { steal: true })
    await settled()
    extension.answer()
    await microtasks(turns)
    taken.answer()
    await (await taking).release()
    const lease = await clock.until(acquiring)
    await lease.release()
    const of = (hook: string): number => events.filter(([each]) => each === hook).length
    if (of('acquired') !== of('released') + of('lost')) lost.push(turns)
  }
  expect(lost).toEqual([])
})

test('a name of a lost lease is not free before its ttl, or its release, when another handle on it is released', async () => {
  for (const end of ['release', 'ttl'] as const) {
    const { locks, other, clock } = world({ ttlMs: 3_000 })
    const lost = await locks.acquire(['a', 'b'])
    const entered = await locks.acquire('a', { within: lost })
    await other().forceRelease('b')
    await clock.advance(1_100)
    expect([lost.held, entered.held]).toEqual([false, true])
    expect(await entered.release()).toBe('released')
    expect(await other().tryAcquire('a')).toBeNull()
    if (end === 'release') await lost.release()
    else await clock.advance(3_000)
    expect((await other().tryAcquire('a'))?.held).toBe(true)
  }
})
