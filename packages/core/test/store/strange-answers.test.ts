import { describe, expect, test } from 'vitest'
import { type Fault, rejectsWith } from '../support/faults.js'
import { forbidUnhandled } from '../support/unhandled.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

forbidUnhandled()

/** An object that throws at each access. */
const unreadable = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const throws = (): never => {
  // oxlint-disable-next-line only-throw-error -- a backend may throw anything
  throw unreadable()
}

/** An object that throws at a field that it lacks, except for fields of the contract and of promises. */
const strict = (target: object): object =>
  new Proxy(target, {
    get: (of, key, self) => {
      if (key in of || typeof key === 'symbol') return Reflect.get(of, key, self) as unknown
      if (['then', 'validMs', 'fence', 'retryAfterMs', 'ahead', 'acquired'].includes(key)) return undefined
      throw new Error(`no field ${key}`)
    },
  })

const answers =
  <T>(change: (answer: T) => unknown): Fault =>
  async (execute) =>
    change((await execute()) as T)

describe('an error that cannot be read', () => {
  test.each<readonly [string, Fault]>([
    ['is thrown', throws],
    ['is rejected with', rejectsWith(unreadable())],
  ])('%s: release() and close() end', async (_, fault) => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.always('release', fault)
    expect(await clock.until(ending(lease.release()), 60_000)).toEqual({ value: 'unknown' })
    await clock.until(locks.close(), 120_000)
  })

  test('is thrown at the second try: nothing is thrown out of a timer', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.next('release', rejectsWith(new Error('lost')))
    backend.always('release', throws)
    const release = ending(lease.release())
    await clock.advance(60_000)
    expect(await clock.until(release)).toEqual({ value: 'unknown' })
  })
})

describe('an answer with a field that the contract does not have', () => {
  test('that is a grant is a grant', async () => {
    const { clock, backend, locks } = world()
    backend.next(
      'acquire',
      answers((answer: object) => ({ ...answer, failed: true })),
    )
    expect((await clock.until(locks.tryAcquire(NAME)))?.held).toBe(true)
  })

  test('that says the lease is lost ends the lease', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    await backend.store.evict(NAME)
    backend.always(
      'extend',
      answers((all: readonly object[]) => all.map((each) => ({ ...each, failed: true }))),
    )
    await clock.advance(3_400)
    expect(lease.held).toBe(false)
  })
})

describe('an answer that throws for fields that it does not have', () => {
  test('is a grant', async () => {
    const { clock, backend, locks } = world()
    backend.always('acquire', answers(strict))
    expect((await clock.until(locks.acquire(NAME, { waitMs: 1_000 }))).held).toBe(true)
    await clock.until(locks.close(), 60_000)
  })

  test('renews', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    backend.always(
      'extend',
      answers((all: readonly object[]) => all.map(strict)),
    )
    await clock.advance(30_000)
    expect(lease.held).toBe(true)
  })
})

test.each([undefined, 'none', { holders: 7 }])('inspect that is answered %j is indeterminate', async (answer) => {
  const { clock, backend, locks } = world()
  backend.always('inspect', async () => answer)
  expect(await clock.until(codeOf(locks.inspect(NAME)))).toBe('LOCK_INDETERMINATE')
})

test.each([undefined, null, 1])('forceRelease that is answered %j is indeterminate', async (answer) => {
  const { clock, backend, locks } = world()
  backend.always('evict', async () => answer)
  expect(await clock.until(codeOf(locks.forceRelease(NAME)))).toBe('LOCK_INDETERMINATE')
})
