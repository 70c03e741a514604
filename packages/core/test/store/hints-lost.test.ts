import { expect, test } from 'vitest'
import type { LockObserver, Turn } from '../../src/index.js'
import { settled } from '../support/clock.js'
import { NAME, world } from '../support/world.js'

/** A watch that the test can make fail, and that reports when it is active. */
function fragileWatch(): {
  readonly watch: (onTurn: (turn: Turn) => void, onStanding?: (stands: boolean) => void) => Promise<() => Promise<void>>
  failing: boolean
  begun: number
  stand: (stands: boolean) => void
} {
  const fragile = {
    failing: false,
    begun: 0,
    stand: (_: boolean): void => {},
    watch: async (_: (turn: Turn) => void, onStanding?: (stands: boolean) => void) => {
      fragile.begun++
      if (fragile.failing) throw new Error('no connection')
      fragile.stand = (stands) => onStanding?.(stands)
      return async () => {}
    },
  }
  return fragile
}

test('waiters poll while notifications are gone, though the backend can watch', async () => {
  const fragile = fragileWatch()
  const { clock, locks, backend, other } = world({}, { watch: fragile.watch })
  const held = await other().acquire(NAME, { renew: false, ttlMs: 600_000 })
  void locks.acquire(NAME, { waitMs: Infinity }).catch(() => {})
  await clock.advance(5_000)
  const before = backend.calls('acquire').length
  await clock.advance(10_000)
  const standing = backend.calls('acquire').length - before
  fragile.stand(false)
  await clock.advance(2_000)
  const from = backend.calls('acquire').length
  await clock.advance(10_000)
  // With notifications a waiter asks once a second, and more often without.
  expect(standing).toBeLessThanOrEqual(11)
  expect(backend.calls('acquire').length - from).toBeGreaterThan(15)
  await held.release()
})

test('the observer gets one event when notifications are gone, and one when they are back', async () => {
  const events: string[] = []
  const observer: LockObserver = {
    hintsLost: ({ cause }) => events.push(`lost ${(cause as Error | undefined)?.message}`),
    hintsBack: ({ lostMs }) => events.push(`back after ${lostMs}`),
  }
  const fragile = fragileWatch()
  const { clock, locks } = world({ observer }, { watch: fragile.watch })
  const lease = await locks.acquire(NAME)
  fragile.failing = true
  void lease.signal
  await clock.advance(2_500)
  fragile.failing = false
  await clock.advance(1_000)
  fragile.stand(false)
  fragile.stand(false)
  await clock.advance(500)
  fragile.stand(true)
  await settled()
  expect(events).toEqual(['lost no connection', 'back after 3000', 'lost undefined', 'back after 500'])
})

test('a need that comes within the second after a failure is not forgotten', async () => {
  const fragile = fragileWatch()
  const { clock, locks } = world({ renew: false, ttlMs: 60_000 }, { watch: fragile.watch })
  const first = await locks.acquire('first')
  fragile.failing = true
  void first.signal
  await settled()
  await first.release()
  const second = await locks.acquire('second')
  fragile.failing = false
  void second.signal
  await clock.advance(1_100)
  expect(fragile.begun).toBe(2)
})

test('a watch that stood for a moment and then failed is begun again, and a steal in the gap is noticed', async () => {
  const fragile = fragileWatch()
  const events: string[] = []
  const observer: LockObserver = {
    hintsLost: () => void events.push('lost'),
    hintsBack: () => void events.push('back'),
  }
  const first = new Error('no second subscription')
  const watch: typeof fragile.watch = async (onTurn, onStanding) => {
    const unwatch = await fragile.watch(onTurn, onStanding)
    if (fragile.begun > 1) return unwatch
    onStanding?.(true)
    await settled()
    throw first
  }
  const { clock, locks, other } = world({ observer }, { watch })
  const lease = await locks.acquire(NAME, { ttlMs: 60_000, renew: false })
  expect(lease.signal.aborted).toBe(false)
  await clock.advance(100)
  // Messages of the first attempt, which failed, have no receiver any more.
  fragile.stand(true)
  await other().acquire(NAME, { steal: true })
  await clock.advance(3_000)
  expect(fragile.begun).toBe(2)
  expect(lease.signal.aborted).toBe(true)
  expect(events).toEqual(['lost', 'back'])
})
