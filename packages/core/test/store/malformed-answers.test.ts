import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { settled } from '../support/clock.js'
import type { Fault } from '../support/faults.js'
import { codeOf, world } from '../support/world.js'

const unhandled: unknown[] = []
const keep = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => void process.on('unhandledRejection', keep))
afterEach(async () => {
  await settled()
  process.off('unhandledRejection', keep)
  expect(unhandled.splice(0)).toEqual([])
})

const answers = (answer: unknown): Fault => {
  return async (execute) => {
    await execute()
    return answer
  }
}

describe.each([
  ['undefined', undefined],
  ['null', null],
  ['no outcome', []],
  ['an outcome too few', [{ status: 'unknown', cause: new Error('a node is down') }]],
  ['outcomes that are null', [null, null]],
])('a backend whose extend answers %s', (_, answer) => {
  test('does no harm: the leases are renewed later', async () => {
    const { clock, backend, locks } = world()
    const leases = await Promise.all(['a', 'b'].map((name) => locks.acquire(name)))
    backend.next('extend', answers(answer))
    await clock.advance(3_400)
    expect(backend.calls('extend').map(({ size }) => size)).toEqual([2])
    await clock.advance(60_000)
    expect(leases.map(({ held }) => held)).toEqual([true, true])
    for (const lease of leases) expect(await lease.release()).toBe('released')
  })

  test('leaves an extension by hand unknown, and the lease as it was', async () => {
    const { clock, backend, locks } = world({ attemptTimeoutMs: 200, renew: false })
    const lease = await locks.acquire('a')
    await clock.advance(1_000)
    const deadline = clock.now() + lease.remainingMs
    backend.always('extend', answers(answer))
    expect(await clock.until(codeOf(lease.extend()))).toBe('LOCK_INDETERMINATE')
    expect([lease.held, clock.now() + lease.remainingMs]).toEqual([true, deadline])
    expect(await lease.release()).toBe('released')
  })
})

describe.each([
  ['no validMs', { acquired: true, fence: 1 }],
  ['validMs that is no number', { acquired: true, validMs: Number.NaN, fence: 1 }],
  ['a fence that is no integer', { acquired: true, validMs: 10_000, fence: 1.5 }],
  ['nothing that says whether', { validMs: 10_000 }],
  ['a refusal without a place', { acquired: false, retryAfterMs: 5 }],
])('a backend whose acquire answers %s', (_, answer) => {
  test('fails that call alone, and no other lease of the locker is forgotten', async () => {
    const { clock, backend, locks, other } = world()
    const good = await locks.acquire('good')
    await clock.advance(1_000)
    backend.next('acquire', answers(answer))
    expect(await clock.until(codeOf(locks.acquire('odd')))).toBe('LOCK_INDETERMINATE')
    await clock.advance(60_000)
    expect(good.held).toBe(true)
    expect(await other().tryAcquire('odd')).not.toBeNull()
    expect(clock.pending()).toBeLessThan(10)
  })
})
