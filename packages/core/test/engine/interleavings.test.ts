import { expect, test } from 'vitest'
import { asyncContext } from '../../src/async-context/index.js'
import { createLocker, isLockError, type Lease, type Locker } from '../../src/index.js'
import { faultyBackend } from '../support/backend.js'
import { microtasks, settled, virtualClock } from '../support/clock.js'
import { gate, hangs, slow } from '../support/faults.js'
import { ending, NAME, world } from '../support/world.js'

test('what was handed on meanwhile with a spare fence is not downgraded under its next holder', async () => {
  const broken: number[] = []
  for (let turns = 0; turns < 40; turns++) {
    const here = world()
    const before = await here.locks.acquire(NAME)
    const first = here.locks.acquire(NAME)
    const next = here.locks.acquire(NAME)
    await settled()
    // The release reserves a fence for each of the two waiters.
    await before.release()
    const writer = await first
    const reader = await here.locks.acquire(NAME, { within: writer, mode: 'shared' })
    const extension = gate()
    here.backend.next('extend', extension.fault)
    void writer.extend().catch(() => {})
    await settled()
    const releasing = writer.release()
    await settled()
    extension.answer()
    await microtasks(turns)
    const reading = reader.release()
    await here.clock.advance(10)
    await Promise.all([releasing, reading])
    const lease = await here.clock.until(next)
    expect([lease.mode, lease.held]).toEqual(['exclusive', true])
    if ((await here.other().tryAcquire(NAME, { mode: 'shared' })) !== null) broken.push(turns)
  }
  expect(broken).toEqual([])
})

test('a watch that stands only after close() is ended', async () => {
  const clock = virtualClock()
  let watching = 0
  const backend = faultyBackend(clock, {
    watch: async () => {
      await new Promise((resolve) => void clock.setTimeout(() => resolve(undefined), 60_000))
      watching++
      return async () => void watching--
    },
  })
  const locks = createLocker({ backend, clock })
  const lease = await locks.acquire(NAME)
  void lease.signal
  await clock.until(locks.close())
  await clock.advance(100_000)
  expect([watching, clock.pending()]).toEqual([0, 0])
})

test('waitMs bounds several names also when a first answer came after it', async () => {
  const { locks, backend, clock } = world()
  const first = gate()
  backend.next('acquire', first.fault, hangs)
  let end: unknown
  void ending(locks.acquire(['a', 'b'], { waitMs: 100 })).then((it) => (end = it))
  await settled()
  // The clock jumps beyond waitMs without running timers, as when the event loop is blocked.
  clock.jump({ monotonic: 101 })
  first.answer()
  await clock.advance(1_000)
  expect(end).toBeDefined()
})

test('a downgrade that is executed after an evict leaves no ghost', async () => {
  const here = world({}, { capabilities: { fencing: false } })
  here.backend.always('acquire', async (execute) => ({ ...((await execute()) as object), fence: null }))
  const writer = await here.locks.acquire(NAME, { ttlMs: 600_000 })
  const reader = await here.locks.acquire(NAME, { within: writer, mode: 'shared' })
  here.backend.next('evict', slow(0, 50))
  const evicting = here.locks.forceRelease(NAME)
  await settled()
  const releasing = writer.release()
  await here.clock.advance(100)
  expect(await evicting).toBe(true)
  await releasing
  expect(reader.held).toBe(false)
  await here.clock.advance(1_000)
  expect(await here.other().inspect(NAME)).toBeNull()
})

test('hooks that close, release and re-enter in the midst leave nothing behind', async () => {
  const hooks = ['acquired', 'released', 'lost', 'renewed', 'waiting', 'contended'] as const
  const problems: string[] = []
  for (const hook of hooks) {
    for (const act of ['close', 'release', 'enter', 'acquire'] as const) {
      for (const nth of [1, 2, 3]) {
        const here: { locks?: Locker } = {}
        let handles: Lease[] = []
        let seen = 0
        const made: Promise<unknown>[] = []
        const {
          locks: l,
          clock,
          backend,
        } = world({
          ttlMs: 300,
          observer: {
            [hook]: () => {
              if (++seen !== nth) return
              if (act === 'close') void here.locks?.close()
              else if (act === 'release') for (const h of handles) void h.release()
              else if (act === 'enter' && handles[0] !== undefined)
                made.push(ending((here.locks as Locker).acquire('a', { within: handles[0], mode: 'shared' })))
              else if (act === 'acquire') made.push(ending((here.locks as Locker).acquire(['a', 'b'], { waitMs: 50 })))
            },
          },
        })
        here.locks = l
        const keep = async (promise: Promise<Lease>): Promise<void> => {
          const end = await ending(promise)
          if ('value' in end) handles.push(end.value)
          else if (!isLockError(end.error))
            problems.push(`${hook} ${act} ${nth}: ${String((end.error as Error).stack)}`)
        }
        const all = (async () => {
          await keep(l.acquire('a'))
          const waiting = keep(l.acquire('a', { waitMs: 400 }))
          if (handles[0]?.held) await keep(l.acquire('a', { within: handles[0], mode: 'shared' }))
          if (handles[0]?.held) await keep(l.acquire(['a', 'b'], { within: handles[0] }))
          for (const h of handles) await h.extend().catch(() => {})
          await handles[0]?.release()
          await handles[2]?.release()
          await handles[1]?.release()
          await waiting
          for (const h of handles) await h.release()
        })()
        await clock.advance(2_000)
        await clock.until(all, 5_000).catch((e: unknown) => problems.push(`${hook} ${act} ${nth}: ${String(e)}`))
        for (const m of await clock.until(Promise.all(made), 5_000)) {
          const end = m as { value?: Lease; error?: unknown }
          if (end.value !== undefined) await end.value.release()
          else if (!isLockError(end.error) && !(end.error instanceof TypeError))
            problems.push(`${hook} ${act} ${nth} made: ${String(end.error)}`)
        }
        await clock.advance(10)
        for (const n of ['a', 'b'])
          if ((await backend.store.inspect(n)) !== null) problems.push(`${hook} ${act} ${nth}: ${n} left`)
        let closed = false
        void l.close().then(() => (closed = true))
        await clock.advance(2_000)
        if (!closed) problems.push(`${hook} ${act} ${nth}: close hangs`)
        if (clock.pending() > 0) problems.push(`${hook} ${act} ${nth}: timers`)
        handles = []
      }
    }
  }
  expect(problems).toEqual([])
})

test('a hint about nobody costs about nothing, however much is held', async () => {
  const { locks, backend, clock } = world({ renew: false, ttlMs: 600_000 })
  const leases = await Promise.all(Array.from({ length: 100_000 }, (_, i) => locks.acquire(`n${i}`)))
  void leases[0]?.signal
  await settled()
  // The median of many measurements: other processes may slow down some of them, but not all.
  const measure = async (hint: (i: number) => void): Promise<number> => {
    const durations: number[] = []
    for (let i = 0; i < 41; i++) {
      const startedAt = performance.now()
      hint(i)
      await clock.advance(10)
      durations.push(performance.now() - startedAt)
    }
    return durations.toSorted((a, b) => a - b)[20] ?? Infinity
  }
  const idle = await measure(() => {})
  const hinted = await measure((i) => backend.hint({ type: 'turn', name: 'x', owner: `nobody~${i}` }))
  // A hint comes every 10 ms. The work for a hint must take less than a tenth of that.
  expect(hinted - idle).toBeLessThan(1)
}, 60_000)

test('an acquisition of several names that is aborted at any turn leaves nothing behind', async () => {
  const problems: string[] = []
  for (let turns = 0; turns < 60; turns++) {
    const { locks, clock, backend } = world()
    const controller = new AbortController()
    const end = ending(locks.acquire(['a', 'b', 'c'], { signal: controller.signal, renew: turns % 2 === 0 }))
    await microtasks(turns)
    controller.abort('enough')
    const it = await clock.until(end)
    if ('value' in it) await it.value.release()
    else if (it.error !== 'enough') problems.push(`${turns}: ${String(it.error)}`)
    await clock.advance(100)
    for (const n of ['a', 'b', 'c']) if ((await backend.store.inspect(n)) !== null) problems.push(`${turns}: ${n} left`)
  }
  expect(problems).toEqual([])
})

test('siblings, losses and parts in a context', async () => {
  const { locks, other } = world({ context: asyncContext() })
  await locks.request(['a', 'b'], async (outer) => {
    const fences = await Promise.all([
      locks.request('a', ({ fence }) => fence),
      locks.request('b', ({ fence }) => fence),
      locks.request(['b', 'a'], { mode: 'shared' }, (both) => both.fences.get('a')),
    ])
    expect(fences).toEqual([outer.fences.get('a'), outer.fences.get('b'), outer.fences.get('a')])
  })
  expect(await other().tryAcquire(['a', 'b'])).not.toBeNull()
})

test('handles that are released together in every order and at every turn leave nothing behind', async () => {
  const problems: string[] = []
  for (const fencing of [true, false]) {
    for (let turns = 0; turns < 12; turns++) {
      for (const order of [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ]) {
        const { locks, clock, backend, other } = world({}, { capabilities: { fencing } })
        const outer = await locks.acquire(['a', 'b'])
        const handles = [
          outer,
          await locks.acquire('a', { within: outer, mode: 'shared' }),
          await locks.acquire(['a', 'c'], { within: outer }),
        ]
        const next = locks.acquire('a')
        for (const i of order) {
          void handles[i]?.release()
          await microtasks(turns)
        }
        const lease = await clock.until(next)
        if ((await other().tryAcquire('a', { mode: 'shared' })) !== null)
          problems.push(`${order.join()} ${turns}: shared`)
        await lease.release()
        await clock.advance(10)
        for (const n of ['a', 'b', 'c'])
          if ((await backend.store.inspect(n)) !== null) problems.push(`${order.join()} ${turns}: ${n} left`)
      }
    }
  }
  expect(problems).toEqual([])
})
