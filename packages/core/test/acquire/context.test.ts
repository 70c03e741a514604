import { AsyncResource } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { asyncContext } from '../../src/async-context/index.js'
import type { Lease, LockContext } from '../../src/index.js'
import { pass, requestLost } from '../support/faults.js'
import { codeOf, ending, NAME, world } from '../support/world.js'

describe('with an asyncContext(), what is nested in a request', () => {
  test('re-enters its lease, however deep and in whichever way', async () => {
    const { locks, backend, other } = world({ context: asyncContext() })
    await locks.request(NAME, async (outer) => {
      const fences = await locks.request(NAME, async (inner) => {
        await Promise.resolve()
        await using handle = await locks.acquire(NAME)
        return [inner.fence, handle.fence, (await locks.tryAcquire(NAME))?.fence]
      })
      expect(fences).toEqual([outer.fence, outer.fence, outer.fence])
    })
    expect(backend.calls('acquire')).toHaveLength(1)
    expect(await other().tryAcquire(NAME)).toBeNull()
  })

  test('re-enters its lease also beside the lease that is given as within', async () => {
    const { locks } = world({ context: asyncContext() })
    const given = await locks.acquire('given')
    await locks.request(NAME, async (outer) => {
      await using both = await locks.acquire(['given', NAME], { within: given })
      expect([...both.fences.values()]).toEqual([given.fence, outer.fence])
      await expect(locks.acquire(NAME, { within: given })).rejects.toThrow(/within must be a lease of this locker/)
    })
  })

  test('re-enters only what its own surroundings hold', async () => {
    const { locks, clock } = world({ context: asyncContext() })
    const log: string[] = []
    const hold = (who: string): Promise<void> =>
      locks.request(NAME, async () => {
        log.push(`${who} begins`)
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 100))
        await locks.request(NAME, () => log.push(`${who} nested`))
        log.push(`${who} ends`)
      })
    const both = Promise.all([hold('one'), hold('two')])
    await clock.advance(1_000)
    await both
    expect(log).toEqual(['one begins', 'one nested', 'one ends', 'two begins', 'two nested', 'two ends'])
  })

  test('acquires anew what its surroundings have released meanwhile', async () => {
    const { locks, clock } = world({ context: asyncContext() })
    let fence: number | null = null
    let late: Promise<number | null> | undefined
    await locks.request(NAME, (lease) => {
      fence = lease.fence
      late = new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 100)).then(() =>
        locks.request(NAME, (own) => own.fence),
      )
    })
    await clock.advance(1_000)
    expect(await late).toBeGreaterThan(fence ?? Infinity)
  })

  test('fails when its surroundings have lost it', async () => {
    const { locks, clock, other } = world({ context: asyncContext(), ttlMs: 1_000 })
    const end = ending(
      locks.request(NAME, async () => {
        await other().forceRelease(NAME)
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 900))
        expect(await codeOf(locks.request(NAME, () => 1))).toBe('LOCK_LOST')
      }),
    )
    await clock.advance(1_000)
    expect(await end).toMatchObject({ error: { code: 'LOCK_LOST' } })
  })

  test('cannot write in what is only read', async () => {
    const { locks } = world({ context: asyncContext() })
    await locks.request(NAME, { mode: 'shared' }, async () => {
      expect(await codeOf(locks.request(NAME, () => 1))).toBe('LOCK_UNSUPPORTED')
      expect(await locks.request(NAME, { mode: 'shared' }, ({ mode }) => mode)).toBe('shared')
    })
  })

  test('acquires what is missing of several names, and enters the rest', async () => {
    const { locks, backend } = world({ context: asyncContext() })
    await locks.request('b', async (outer) => {
      await locks.request(['a', 'b'], (both) => {
        expect(both.fences.get('b')).toBe(outer.fence)
      })
      expect(outer.held).toBe(true)
    })
    expect(backend.calls('acquire').map(({ claim }) => claim.name)).toEqual(['b', 'a'])
  })

  test('of another locker waits like anybody else', async () => {
    const { locks, other } = world({ context: asyncContext() })
    await locks.request(NAME, async () => {
      expect(await other({ context: asyncContext() }).tryAcquire(NAME)).toBeNull()
    })
  })

  test('under run(lease, work) re-enters what was acquired by hand', async () => {
    const context = asyncContext()
    const { locks } = world({ context })
    const lease = await locks.acquire(NAME)
    expect(await locks.tryAcquire(NAME)).toBeNull()
    expect(await context.run(lease, () => locks.request(NAME, ({ fence }) => fence))).toBe(lease.fence)
    expect(lease.held).toBe(true)
  })
})

test('asyncContext refuses an option that it does not have, so that a slip is no other choice', () => {
  for (const wrong of [{ nest: 'refuse' }, { nested: 'Refuse' }, 'refuse', null])
    expect(() => asyncContext(wrong as never)).toThrow(TypeError)
  expect(asyncContext({}).nested).toBe('reenter')
})

describe("with asyncContext({ nested: 'refuse' }), what is nested in a request", () => {
  test('fails at once instead of waiting for itself', async () => {
    const { locks, backend } = world({ context: asyncContext({ nested: 'refuse' }) })
    await locks.request(NAME, async (outer) => {
      expect(await codeOf(locks.request(NAME, () => 1))).toBe('LOCK_UNSUPPORTED')
      expect(await codeOf(locks.acquire(NAME))).toBe('LOCK_UNSUPPORTED')
      // A call that names the outer lease by `within` may re-enter it.
      expect((await locks.acquire(NAME, { within: outer })).fence).toBe(outer.fence)
      expect(await locks.request('another', () => 1)).toBe(1)
    })
    expect(backend.calls('acquire')).toHaveLength(2)
  })
})

test.each([null, {}, 'reenter', { run: () => 1 }])('a context %j is refused', (context) => {
  expect(() => world({ context: context as unknown as LockContext })).toThrow(TypeError)
})

test('an unknown option of asyncContext is refused', () => {
  expect(() => asyncContext({ nested: 'wait' as 'refuse' })).toThrow(TypeError)
})

test('what goes on after a request, and requests again, and so on for ever, piles up nothing', async () => {
  const context = asyncContext()
  const { locks } = world({ context })
  let deepest = 0
  const turn = async (left: number): Promise<void> => {
    deepest = Math.max(deepest, context.current().length)
    if (left === 0) return
    let released = (): void => {}
    const after = new Promise<void>((resolve) => (released = resolve))
    let next: Promise<void> | undefined
    await locks.request(NAME, () => {
      next = after.then(() => turn(left - 1))
    })
    released()
    await next
  }
  await turn(500)
  expect(deepest).toBe(1)
})

describe('after a loss', () => {
  /** A request that loses its lease, and whose callback leaves a later request for the same name behind. */
  function losing(work: (later: () => Promise<unknown>) => void) {
    const context = asyncContext()
    const { clock, backend, locks } = world({ context, ttlMs: 1_000 })
    const first = ending(
      locks.request(NAME, async () => {
        work(AsyncResource.bind(() => ending(locks.request(NAME, () => 'ran'))))
        backend.always('extend', requestLost)
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 3_000))
      }),
    )
    return { context, clock, backend, first }
  }

  test('the work that lost its lease must not go on under the name', async () => {
    let later!: () => Promise<unknown>
    const { clock, first } = losing((callback) => (later = callback))
    await clock.advance(2_000)
    expect(await clock.until(later())).toHaveProperty('error.code', 'LOCK_LOST')
    await clock.until(first)
  })

  test('a callback that it left behind acquires anew once the request has settled', async () => {
    let later!: () => Promise<unknown>
    const { clock, backend, first } = losing((callback) => (later = callback))
    expect(await clock.until(first)).toHaveProperty('error.code', 'LOCK_LOST')
    backend.always('extend', pass)
    expect(await clock.until(later())).toEqual({ value: 'ran' })
  })

  test('so does a callback under a lease that was released after its loss', async () => {
    const context = asyncContext()
    const { clock, locks } = world({ context, ttlMs: 1_000, renew: false })
    const lease = await locks.acquire(NAME)
    let later!: () => Promise<unknown>
    context.run(lease, () => (later = AsyncResource.bind(() => ending(locks.request(NAME, () => 'ran')))))
    await clock.advance(2_000)
    expect(await clock.until(later())).toHaveProperty('error.code', 'LOCK_LOST')
    expect(await clock.until(lease.release())).toBe('expired')
    expect(await clock.until(later())).toEqual({ value: 'ran' })
  })
})

test('a call that a request makes when its callback has answered a thenable, as a query builder does, is nested', async () => {
  const { locks } = world({ context: asyncContext() })
  const lazy: PromiseLike<number | null> = {
    // eslint-disable-next-line unicorn/no-thenable
    then: (...ends) => locks.request(NAME, ({ fence }) => fence).then(...ends),
  }
  expect(await locks.request(NAME, () => lazy)).toBe(1)
})

test('run refuses what is no lease, before the work', () => {
  const run = (lease: unknown): unknown => asyncContext().run(lease as Lease, () => 'done')
  for (const none of [null, undefined, {}, Promise.resolve()]) expect(() => run(none)).toThrow('run needs a lease')
})
