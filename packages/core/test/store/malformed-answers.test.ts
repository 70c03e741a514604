import { describe, expect, test } from 'vitest'
import type { Fault } from '../support/faults.js'
import { forbidUnhandled } from '../support/unhandled.js'
import { codeOf, world } from '../support/world.js'

forbidUnhandled()

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

test.each([Number.MAX_SAFE_INTEGER, Infinity])(
  'an acquire that answers more time than was asked for, %s ms, is counted on for the ttl',
  async (validMs) => {
    const { clock, backend, locks, other } = world({ renew: false })
    backend.next('acquire', async (execute) => ({ ...((await execute()) as object), validMs }))
    const odd = await locks.acquire('odd')
    const good = await locks.acquire('good')
    await clock.advance(9_950)
    expect([odd.held, good.held, odd.signal.aborted, good.signal.aborted]).toEqual([false, false, true, true])
    expect((await other().tryAcquire('odd'))?.held).toBe(true)
  },
)

test('an acquire that answers endless time is renewed like others', async () => {
  const { clock, backend, locks, other } = world()
  backend.next('acquire', async (execute) => ({ ...((await execute()) as object), validMs: Infinity }))
  const odd = await locks.acquire('odd')
  await clock.advance(60_000)
  expect([odd.held, await other().tryAcquire('odd')]).toEqual([true, null])
  expect(new Set(backend.calls('extend').map(({ claim }) => claim.ttlMs))).toEqual(new Set([10_000]))
})

test.each([null, {}, 'yes', { fence: '17' }, { fence: Number.NaN }])(
  'a turn that announces a grant as %j is a hint: the store is asked',
  async (granted) => {
    const { clock, backend, locks, other } = world()
    const holder = await other().acquire('a')
    const waiting = locks.acquire('a')
    await clock.advance(100)
    const owner = backend.calls('acquire').at(-1)?.claim.owner
    await holder.release()
    backend.hint({ type: 'turn', name: 'a', owner, granted } as never)
    const lease = await clock.until(waiting, 50)
    expect([lease.held, lease.fence]).toEqual([true, (holder.fence ?? 0) + 1])
  },
)

test.each([undefined, null, 'turn', {}])('a turn that is %j throws nothing into the backend', async (turn) => {
  const { clock, backend, locks, other } = world()
  const holder = await other().acquire('a')
  const waiting = locks.acquire('a')
  await clock.advance(100)
  expect(() => backend.hint(turn as never)).not.toThrow()
  await holder.release()
  expect((await clock.until(waiting)).held).toBe(true)
})
