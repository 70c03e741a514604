import { describe, expect, test } from 'vitest'
import { isLockError, type Lease, type Locker } from '../../src/index.js'
import { microtasks } from '../support/clock.js'
import { gate, hangs, hangsAfter, requestLost, slow } from '../support/faults.js'
import { codeOf, ending, NAME, recorder, world } from '../support/world.js'

describe('close', () => {
  test('refuses new work, and sends no command for it', async () => {
    const { clock, backend, locks, other } = world()
    const ticket = (await other().acquire(NAME)).ticket()
    await clock.until(locks.close())
    for (const call of [
      locks.acquire(NAME),
      locks.tryAcquire(NAME),
      locks.request(NAME, () => 1),
      locks.request(NAME, { ifAvailable: true }, () => 1),
      locks.inspect(NAME),
      locks.forceRelease(NAME),
      locks.resume(ticket),
    ]) {
      expect(await codeOf(call)).toBe('LOCK_CLOSED')
    }
    expect(backend.calls()).toEqual([])
  })

  test('refuses at once, before it has ended', async () => {
    const { clock, backend, locks } = world()
    await locks.acquire(NAME)
    backend.next('release', hangs)
    const closing = locks.close()
    expect(await codeOf(locks.acquire('another'))).toBe('LOCK_CLOSED')
    await clock.until(closing)
  })

  test('rejects those who wait, wherever they wait, and gives up their places', async () => {
    const { clock, backend, locks, other } = world()
    await other().acquire('held')
    const waiting = [locks.acquire('held'), locks.acquire('held'), locks.request('held', () => 1)].map(codeOf)
    await clock.advance(100)
    backend.next('acquire', hangs)
    waiting.push(codeOf(locks.acquire('hanging')))
    backend.always('acquire', requestLost)
    waiting.push(codeOf(locks.acquire('retried')))
    await clock.advance(5)
    await clock.until(locks.close())
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 5 }, () => 'LOCK_CLOSED'))
    expect((await backend.store.inspect('held'))?.waiting).toBe(0)
  })

  test('ends and releases all leases', async () => {
    const { observer, events } = recorder()
    const { clock, backend, locks } = world({ observer })
    const leases = await Promise.all(['a', 'b', 'c'].map((name) => locks.acquire(name)))
    const heard: unknown[] = []
    leases[0]?.signal.addEventListener('abort', () => heard.push(leases[0]?.signal.reason))
    const closing = locks.close()
    expect(leases.map(({ held }) => held)).toEqual([false, false, false])
    await clock.until(closing)
    expect(heard.length).toBe(1)
    for (const lease of leases) {
      expect(isLockError(lease.signal.reason, 'LOCK_CLOSED')).toBe(true)
      expect(() => lease.assertHeld()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
      expect(await codeOf(lease.extend())).toBe('LOCK_LOST')
      expect(await lease.release()).toBe('expired')
      expect(await backend.store.inspect(lease.name)).toBeNull()
    }
    expect(events.filter(([hook]) => hook === 'lost').length).toBe(3)
  })

  test('refuses also the calls of listeners that it calls', async () => {
    const { clock, locks, other } = world()
    await other().acquire('busy')
    const lease = await locks.acquire(NAME)
    const answers: Promise<unknown>[] = []
    lease.signal.addEventListener('abort', () => {
      answers.push(codeOf(locks.acquire('busy')), locks.close(), lease.release())
    })
    await clock.until(locks.close())
    expect(await Promise.all(answers)).toEqual(['LOCK_CLOSED', undefined, 'expired'])
  })

  test('makes a request reject with LOCK_CLOSED when the callback ran without its lock to the end', async () => {
    const { clock, locks } = world()
    const call = codeOf(locks.request(NAME, () => clock.until(locks.close()).then(() => 'computed without the lock')))
    expect(await call).toBe('LOCK_CLOSED')
  })

  test('waits for grants that overtook it, and gives them back', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 1_000 })
    const onTheWay = gate()
    backend.next('acquire', onTheWay.fault)
    const acquiring = codeOf(locks.acquire(NAME))
    let closed = false
    const closing = locks.close().then(() => (closed = true))
    await clock.advance(500)
    expect(await acquiring).toBe('LOCK_CLOSED')
    expect(closed).toBe(false)
    onTheWay.answer()
    await clock.until(closing)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test('gives back a grant that lands in the same moment', async () => {
    for (let turns = 0; turns < 30; turns++) {
      const { clock, backend, locks } = world()
      const end = ending<Lease>(locks.acquire(NAME))
      await microtasks(turns)
      await clock.until(locks.close())
      const outcome = await end
      if ('error' in outcome) expect(isLockError(outcome.error, 'LOCK_CLOSED')).toBe(true)
      else expect([outcome.value.held, outcome.value.signal.aborted]).toEqual([false, true])
      expect(await backend.store.inspect(NAME)).toBeNull()
    }
  })

  test('waits for a release that its holder has begun', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const onTheWay = gate()
    backend.next('release', onTheWay.fault)
    const releasing = lease.release()
    let closed = false
    const closing = locks.close().then(() => (closed = true))
    await clock.advance(10)
    expect(closed).toBe(false)
    onTheWay.answer()
    expect(await clock.until(releasing)).toBe('released')
    await clock.until(closing)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test.each(['acquire', 'extend', 'release'] as const)('is bounded when %s hangs', async (verb) => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 500 })
    await locks.acquire('held')
    const extended = await locks.acquire('extended')
    backend.always(verb, hangsAfter)
    const endings = [ending(locks.acquire('wanted')), ending(extended.extend())]
    await clock.advance(50)
    const before = clock.now()
    await clock.until(locks.close())
    expect(clock.now() - before).toBeLessThanOrEqual(2_000)
    await clock.until(Promise.all(endings))
  })

  test('is bounded when the watch hangs, and when its end does', async () => {
    for (const watch of [() => new Promise<never>(() => {}), async () => () => new Promise<never>(() => {})]) {
      const { clock, locks, other } = world({ attemptTimeoutMs: 500 }, { watch })
      await other().acquire(NAME)
      const waiting = codeOf(locks.acquire(NAME))
      await clock.advance(100)
      const before = clock.now()
      await clock.until(locks.close())
      expect(await waiting).toBe('LOCK_CLOSED')
      expect(clock.now() - before).toBeLessThanOrEqual(500)
    }
  })

  test('ends the watch, also one that begins only then', async () => {
    let begin = (): void => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    let ended = 0
    const { clock, locks, other } = world({}, { watch: () => begun.then(() => async () => void ended++) })
    await other().acquire(NAME)
    const waiting = codeOf(locks.acquire(NAME))
    await clock.advance(100)
    const closing = locks.close()
    await clock.advance(10)
    begin()
    await clock.until(closing)
    expect([await waiting, ended]).toEqual(['LOCK_CLOSED', 1])
  })

  test('is idempotent, and the second call waits for the same', async () => {
    const { clock, backend, locks } = world()
    await locks.acquire(NAME)
    const onTheWay = gate()
    backend.next('release', onTheWay.fault)
    const ends: string[] = []
    const both = [
      locks.close().then(() => ends.push('first')),
      locks[Symbol.asyncDispose]().then(() => ends.push('second')),
    ]
    await clock.advance(10)
    expect(ends).toEqual([])
    onTheWay.answer()
    await clock.until(Promise.all(both))
    expect(ends.toSorted()).toEqual(['first', 'second'])
    await locks.close()
    expect(backend.calls('release').length).toBe(1)
  })

  test('of a locker that was never used sends nothing', async () => {
    const { backend, clock, locks } = world()
    await locks.close()
    expect([backend.calls().length, clock.pending()]).toEqual([0, 0])
  })

  test('leaves the leases of other lockers alone', async () => {
    const { clock, locks, other } = world()
    const lease = await other().acquire(NAME)
    await clock.until(locks.close())
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
  })

  test('is what await using does', async () => {
    const { backend, locks } = world()
    {
      await using scope = locks
      await scope.acquire(NAME)
    }
    expect(await backend.store.inspect(NAME)).toBeNull()
    expect(await codeOf(locks.acquire(NAME))).toBe('LOCK_CLOSED')
  })
})

test('a release that close() overtakes while fences are reserved answers what became of it', async () => {
  const { clock, backend, locks } = world()
  const lease = await locks.acquire(NAME)
  const waiting = codeOf(locks.acquire(NAME))
  await clock.advance(1)
  backend.always('extend', slow(20))
  const releasing = lease.release()
  await clock.advance(5)
  await clock.until(locks.close())
  expect(await clock.until(releasing)).toBe('released')
  expect(await waiting).toBe('LOCK_CLOSED')
})

test.each([
  ['inspect', (locks: Locker) => locks.inspect(NAME)],
  ['forceRelease', (locks: Locker) => locks.forceRelease(NAME)],
  ['an extension', (_: Locker, lease: Lease) => lease.extend()],
])('close has ended when %s on a store that hangs has: no timer stays behind', async (_, call) => {
  const { clock, backend, locks } = world({ attemptTimeoutMs: 1_000 })
  const lease = await locks.acquire(NAME, { renew: false })
  for (const verb of ['inspect', 'evict', 'extend'] as const) backend.always(verb, hangs)
  let isOver = false
  const calling = ending<unknown>(call(locks, lease)).then(() => (isOver = true))
  await clock.advance(10)
  await clock.until(locks.close())
  expect([isOver, clock.keepsAlive()]).toEqual([true, false])
  await calling
})
