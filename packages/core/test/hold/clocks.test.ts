import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLocker, isLockError, type Lease, memoryBackend } from '../../src/index.js'
import { virtualClock } from '../support/clock.js'
import { gate } from '../support/faults.js'
import { NAME, world } from '../support/world.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

const HOUR_MS = 3_600_000

function expectLost(lease: Lease): void {
  expect(lease.held).toBe(false)
  expect(lease.remainingMs).toBe(0)
  expect(() => lease.assertHeld()).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }))
  expect(lease.signal.aborted).toBe(true)
  expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
}

describe('clocks that jump', () => {
  test.each([{ monotonic: HOUR_MS }, { wall: HOUR_MS }, { monotonic: HOUR_MS, wall: 0 }])(
    'forward lose the lease: %o',
    async (jump) => {
      const { clock, backend, locks } = world()
      const lease = await locks.acquire(NAME)
      clock.jump(jump)
      expectLost(lease)
      await clock.advance(0)
      expect(await backend.store.inspect(NAME)).toBeNull()
    },
  )

  test('forward, of the wall clock alone, are noticed by the signal at the next renewal', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME)
    const { signal } = lease
    clock.jump({ wall: HOUR_MS })
    await clock.advance(3_334)
    expect(signal.aborted).toBe(true)
  })

  test('backward, of the wall clock, extend nothing', async () => {
    const { clock, locks } = world({ renew: false })
    const lease = await locks.acquire(NAME)
    clock.jump({ wall: -HOUR_MS })
    expect(lease.remainingMs).toBe(9_900)
    await clock.advance(9_900)
    expectLost(lease)
  })

  test('backward, of the wall clock, do not end a lease that is renewed', async () => {
    const { clock, locks } = world()
    const lease = await locks.acquire(NAME)
    clock.jump({ wall: -HOUR_MS })
    await clock.advance(60_000)
    expect(lease.held).toBe(true)
  })

  test('while the answer is on its way make the grant too late', async () => {
    const { clock, backend, locks } = world()
    const onTheWay = gate()
    backend.next('acquire', onTheWay.fault)
    const trying = locks.tryAcquire(NAME)
    onTheWay.arrive()
    await clock.advance(0)
    // A process that was stopped and goes on: both clocks have moved, no timer has run, and the answer is read first.
    clock.jump({ monotonic: 20_000 })
    onTheWay.answer()
    expect(await clock.until(trying)).toBeNull()
    await clock.advance(10)
    expect(backend.calls('release').length).toBeGreaterThan(0)
  })

  test('while the answer is on its way and the monotonic clock stands still make the grant too late', async () => {
    const { clock, backend, locks } = world()
    const onTheWay = gate()
    backend.next('acquire', onTheWay.fault)
    const trying = locks.tryAcquire(NAME)
    onTheWay.arrive()
    await clock.advance(0)
    clock.jump({ wall: 20_000 })
    onTheWay.answer()
    expect(await clock.until(trying)).toBeNull()
  })

  test('at any moment never leave a belief that outlives the smaller of both clocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ monotonic: fc.nat(4_000), wall: fc.integer({ min: -4_000, max: 4_000 }) }), {
          maxLength: 8,
        }),
        async (jumps) => {
          const { clock, locks } = world({ renew: false })
          const lease = await locks.acquire(NAME)
          let monotonic = 0
          let wall = 0
          let lost = false
          for (const jump of jumps) {
            clock.jump(jump)
            monotonic += jump.monotonic
            wall += jump.wall
            lost ||= Math.max(monotonic, wall) >= 9_900
            expect(lease.held).toBe(!lost)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

test.each([
  [10_000, true],
  [600_000, true],
  [600_000, false],
  [86_400_000, false],
])(
  'a machine that was suspended beyond the deadline aborts its signals within a second (ttl %i, renew: %s)',
  async (ttlMs, renew) => {
    const { clock, locks } = world({ ttlMs, renew })
    const lease = await locks.acquire(NAME)
    let abortedAt: number | undefined
    lease.signal.addEventListener('abort', () => (abortedAt = clock.now()))
    await clock.advance(1)
    clock.jump({ monotonic: 0, wall: 2 * ttlMs })
    const woken = clock.now()
    await clock.advance(2_000)
    expect((abortedAt ?? Infinity) - woken).toBeLessThanOrEqual(1_000)
  },
)

test('a machine that was suspended for a part of the ttl is notified at the deadline that is left', async () => {
  const { clock, locks } = world({ ttlMs: 10_000, renew: false })
  const lease = await locks.acquire(NAME)
  let abortedAt: number | undefined
  lease.signal.addEventListener('abort', () => (abortedAt = clock.now()))
  await clock.advance(100)
  clock.jump({ monotonic: 0, wall: 6_000 })
  const woken = clock.now()
  await clock.advance(10_000)
  expect((abortedAt ?? Infinity) - woken).toBeLessThanOrEqual(3_900)
})

test('what is left is never negative, when time passes between two looks at the clock', () => {
  let now = 0
  let stepMs = 0
  const clock = {
    now: () => (now += stepMs),
    wallNow: () => 1_700_000_000_000 + now,
    setTimeout: () => undefined,
    clearTimeout: () => {},
  }
  return createLocker({ backend: memoryBackend({ clock }), clock, ttlMs: 1_000, renew: false })
    .acquire(NAME)
    .then((lease) => {
      now = 900
      stepMs = 7
      for (let looks = 0; looks < 30; looks++) expect(lease.remainingMs).toBeGreaterThanOrEqual(0)
      expect(lease.held).toBe(false)
    })
})

test('a check never passes after it has found the end itself, wherever between its looks the process is stopped', async () => {
  const { clock } = world()
  let looks = Infinity
  const now = (): number => {
    if (--looks === 0) clock.jump({ monotonic: HOUR_MS })
    return clock.now()
  }
  const locks = createLocker({ backend: memoryBackend({ clock }), clock: { ...clock, now } })
  for (let stopAt = 1; stopAt <= 6; stopAt++) {
    const lease = await locks.acquire(NAME)
    const { signal } = lease
    looks = stopAt
    const passed = attempt(() => lease.assertHeld())
    expect(passed && signal.aborted).toBe(false)
    looks = Infinity
    await lease.release()

    const outer = await locks.acquire(NAME)
    looks = stopAt
    const inner = await locks.acquire(NAME, { within: outer }).catch(() => undefined)
    looks = Infinity
    clock.jump({ monotonic: HOUR_MS })
    expect([outer.held, inner?.held ?? false, inner?.signal.aborted ?? true]).toEqual([false, false, true])
  }
})

function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}

test('a machine that was suspended for a part of the ttl renews while there is time', async () => {
  const { clock, backend, locks } = world({ ttlMs: 10_000 })
  const lease = await locks.acquire(NAME)
  expect(lease.signal.aborted).toBe(false)
  await clock.advance(100)
  clock.jump({ monotonic: 0, wall: 7_000 })
  await clock.advance(20_000)
  expect(lease.held).toBe(true)
  expect(backend.calls('extend').length).toBeLessThan(10)
})

test('a monotonic clock may be below 0', async () => {
  const clock = virtualClock(-1_000_000)
  const lease = await createLocker({ backend: memoryBackend({ clock }), clock }).acquire(NAME, { minHoldMs: 5_000 })
  await clock.advance(60_000)
  expect(lease.held).toBe(true)
})
