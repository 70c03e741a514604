import { describe, expect, test } from 'vitest'
import { isLockError } from '../../src/index.js'
import { microtasks } from '../support/clock.js'
import { gate, hangs, pass, replyLost } from '../support/faults.js'
import { codeOf, ending, NAME, recorder, world } from '../support/world.js'

describe('a ticket', () => {
  test('ends this handle, and continues the lease elsewhere with the same fence', async () => {
    const { clock, backend, locks, other } = world()
    const lease = await locks.acquire(NAME)
    const ticket = lease.ticket()
    expect([lease.held, lease.remainingMs, lease.signal.aborted]).toEqual([false, 0, false])
    expect(await lease.release()).toBe('expired')
    expect(() => lease.ticket()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
    await clock.advance(5_000)
    expect(backend.calls('extend')).toEqual([])
    const resumed = await clock.until(other().resume(ticket))
    expect(resumed).toMatchObject({ name: NAME, mode: 'exclusive', fence: lease.fence, held: true, remainingMs: 9_900 })
    await clock.advance(60_000)
    expect(resumed.held).toBe(true)
    expect(await resumed.release()).toBe('released')
    expect(await backend.store.inspect(NAME)).toBeNull()
  })

  test.each([
    ['one name', [NAME]],
    ['several names, of which one is gone', [NAME, 'other']],
  ])('that comes again opens and frees nothing of a next holder of the same process: of %s', async (_, names) => {
    const { clock, backend, locks, other } = world()
    const ticket = (await locks.acquire(names)).ticket()
    const process = other()
    const resumed = await clock.until(process.resume(ticket))
    const waiting = process.acquire(NAME)
    await clock.advance(1)
    await clock.until(resumed.release())
    const next = await clock.until(waiting)
    expect(await codeOf(clock.until(other().resume(ticket)))).toBe('LOCK_LOST')
    expect((await backend.store.inspect(NAME))?.holders[0]?.owner).toBe(next.owner)
    await clock.advance(20_000)
    expect(next.held).toBe(true)
  })

  test('is not taken back by a late answer to the acquisition', async () => {
    const { clock, backend, locks, other } = world({ attemptTimeoutMs: 500 })
    const late = gate()
    backend.next('acquire', late.fault, pass)
    const acquiring = locks.acquire(NAME)
    late.arrive()
    const lease = await clock.until(acquiring)
    const resumed = await clock.until(other().resume(lease.ticket()))
    late.answer()
    await clock.advance(2_000)
    expect(backend.calls('release')).toEqual([])
    await clock.advance(60_000)
    expect(resumed.held).toBe(true)
  })

  test('that comes too late reports no loss to an observer: nobody had the lease', async () => {
    const { observer, events } = recorder()
    const { clock, locks, other } = world({ ttlMs: 1_000 })
    const ticket = (await locks.acquire(NAME)).ticket()
    await clock.advance(1_001)
    expect(await codeOf(clock.until(other({ observer }).resume(ticket)))).toBe('LOCK_LOST')
    expect(events).toEqual([])
  })

  test('carries any name, mode and limit', async () => {
    const { clock, locks, other } = world()
    for (const name of ['ä€😀', '\0', '"\\', 'x'.repeat(1024)]) {
      const lease = await locks.acquire(name, { mode: 'shared', limit: 3, ttlMs: 2_000 })
      const resumed = await clock.until(other().resume(lease.ticket(), { renew: false }))
      expect([resumed.name, resumed.mode]).toEqual([name, 'shared'])
      expect(resumed.remainingMs).toBe(1_980)
      const unlimited = await locks.acquire(name, { mode: 'shared' })
      expect((await clock.until(other().resume(unlimited.ticket()))).held).toBe(true)
    }
  })

  test('lets the lease live on until its deadline, and not longer', async () => {
    const { clock, locks, other } = world()
    const lease = await locks.acquire(NAME)
    const ticket = lease.ticket()
    await clock.advance(9_999)
    expect(await other().tryAcquire(NAME)).toBeNull()
    await clock.advance(1)
    const successor = await other().tryAcquire(NAME)
    expect(successor?.held).toBe(true)
    expect(await codeOf(other().resume(ticket))).toBe('LOCK_LOST')
    expect((await locks.inspect(NAME))?.holders.length).toBe(1)
  })

  test('is not resumed by halves: when the answer is lost, the lease is still there for another try', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 300 })
    const ticket = (await locks.acquire(NAME)).ticket()
    for (const fault of [replyLost, hangs]) {
      backend.always('extend', fault)
      expect(await clock.until(codeOf(locks.resume(ticket)))).toBe('LOCK_INDETERMINATE')
    }
    backend.always('extend', pass)
    expect((await clock.until(locks.resume(ticket))).held).toBe(true)
    expect(backend.calls('release')).toEqual([])
  })

  test('of a lease that is not held is refused', async () => {
    const { clock, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    clock.jump({ monotonic: 10_000 })
    expect(() => lease.ticket()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
  })

  test.each(['close', 'forceRelease'] as const)(
    'is resumed to a lease whose loss is signalled, by %s at any moment',
    async (by) => {
      for (let turns = 0; turns < 20; turns++) {
        const events: string[] = []
        const observer = { resumed: () => void events.push('resumed'), lost: () => void events.push('lost') }
        const { clock, locks, other } = world({ observer })
        const going = ending(locks.resume((await other().acquire(NAME)).ticket()))
        await microtasks(turns)
        const done: Promise<unknown> = by === 'close' ? locks.close() : locks.forceRelease(NAME)
        const end = await clock.until(going)
        await clock.until(done)
        await clock.advance(10)
        if ('value' in end) expect([end.value.held, end.value.signal.aborted]).toEqual([false, true])
        expect(events).toEqual('value' in end ? ['resumed', 'lost'] : [])
      }
    },
  )

  test('ends in close like any lease when it was resumed', async () => {
    const { clock, backend, locks, other } = world()
    const ticket = (await other().acquire(NAME)).ticket()
    const resumed = await clock.until(locks.resume(ticket, { maxHoldMs: 60_000 }))
    await clock.until(locks.close())
    expect(isLockError(resumed.signal.reason, 'LOCK_CLOSED')).toBe(true)
    expect(await backend.store.inspect(NAME)).toBeNull()
  })
})

test('an observer that throws when it is asked whether it wants events harms no lease that is resumed', async () => {
  let broken = false
  const observer = {
    get enabled(): boolean {
      if (broken) throw new Error('the observer is broken')
      return true
    },
  }
  const { clock, locks } = world({ observer })
  const ticket = (await locks.acquire(NAME)).ticket()
  broken = true
  expect((await clock.until(locks.resume(ticket))).held).toBe(true)
})
