import { describe, expect, test } from 'vitest'
import { type CallOptions, createLocker, type Inspection, isLockError, memoryBackend } from '../src/index.js'
import { settled, virtualClock } from './support/clock.js'
import { codeOf, ending, NAME, world } from './support/world.js'

describe('forceRelease', () => {
  test('frees the name whoever holds it, and says whether something was held', async () => {
    const { clock, locks, other } = world()
    const lease = await other().acquire(NAME)
    expect([await locks.forceRelease(NAME), await locks.forceRelease(NAME)]).toEqual([true, false])
    expect(await locks.tryAcquire(NAME)).not.toBeNull()
    await clock.advance(3_400)
    expect(isLockError(lease.signal.reason, 'LOCK_LOST')).toBe(true)
  })

  test('lets the line move on', async () => {
    const { clock, locks, other } = world()
    await other().acquire(NAME)
    const waiting = other().acquire(NAME)
    await clock.advance(10)
    await locks.forceRelease(NAME)
    expect((await clock.until(waiting, 100)).held).toBe(true)
  })
})

describe('inspect', () => {
  test('answers null for a free name, and the holders and the number of waiters for a held name', async () => {
    const { clock, locks, other } = world()
    expect(await locks.inspect(NAME)).toBeNull()
    const one = await other({ label: 'one' }).acquire(NAME)
    const waiting = other({ label: 'two' }).acquire(NAME)
    await clock.advance(1_000)
    expect(await locks.inspect(NAME)).toEqual({
      name: NAME,
      mode: 'exclusive',
      holders: [{ label: 'one', remainingMs: 9_000, fence: one.fence }],
      waiting: 1,
    })
    await one.release()
    await clock.until(waiting)
    expect((await locks.inspect(NAME))?.holders).toMatchObject([{ label: 'two' }])
  })

  test('shows a foreign value as a holder without a label', async () => {
    const { backend, locks } = world()
    await backend.store.acquire({ name: NAME, owner: 'set by hand', ttlMs: 5_000, mode: 'exclusive', limit: 1 })
    expect((await locks.inspect(NAME))?.holders.map(({ label }) => label)).toEqual([null])
  })

  test('shows all who share it', async () => {
    const { locks, other } = world({ label: 'a' })
    await locks.acquire(NAME, { mode: 'shared' })
    await other({ label: 'b' }).acquire(NAME, { mode: 'shared' })
    const info = await locks.inspect(NAME)
    expect([info?.mode, info?.holders.map(({ label }) => label)]).toEqual(['shared', ['a', 'b']])
  })
})

describe('query over a store that needs many answers for one piece of the list', () => {
  const PAGE_MS = 900
  const BOUND_MS = 1_000

  /** A locker over a store that lists one name after `pages` empty pages, and hangs after `hangsAfter` pages. */
  const paged = ({ pages, hangsAfter = Infinity }: { readonly pages: number; readonly hangsAfter?: number }) => {
    const clock = virtualClock()
    let asked = 0
    let signal: AbortSignal | undefined
    async function* list(call: CallOptions = {}): AsyncGenerator<Inspection> {
      signal = call.signal
      for (; asked < pages; asked++) {
        await new Promise<void>((resolve) => asked < hangsAfter && clock.setTimeout(resolve, PAGE_MS))
        call.progress?.()
      }
      yield { name: NAME, mode: 'exclusive', holders: [{ owner: 'a', remainingMs: 1, fence: 1 }], waiting: 0 }
    }
    const backend = { ...memoryBackend({ clock }), list }
    const from = clock.now()
    const locks = createLocker({ backend, clock, attemptTimeoutMs: BOUND_MS })
    return { clock, locks, passed: () => clock.now() - from, aborted: () => signal?.aborted }
  }

  test('goes on for as long as the store answers', async () => {
    const { clock, locks, passed } = paged({ pages: 50 })
    const { held } = await clock.until(locks.query(), 60_000)
    expect(held.map(({ name }) => name)).toEqual([NAME])
    expect(passed()).toBe(50 * PAGE_MS)
    await locks.close()
    expect(clock.pending()).toBe(0)
  })

  test.each([0, 1, 7])('ends one bound after the last of %d answers, and says so to the store', async (hangsAfter) => {
    const { clock, locks, passed, aborted } = paged({ pages: 50, hangsAfter })
    expect(await clock.until(codeOf(locks.query()), 60_000)).toBe('LOCK_INDETERMINATE')
    expect(passed()).toBe(hangsAfter * PAGE_MS + BOUND_MS)
    expect(aborted()).toBe(true)
  })
})

describe('a list that is left early is ended, so that it gives back what it has taken', () => {
  const piece: Inspection = { name: 'a', mode: 'exclusive', holders: [], waiting: 0, line: [] }

  /** A list whose second piece comes when the test calls `go`. */
  function slowList(): { list: () => AsyncIterable<Inspection>; open: number; go: () => void } {
    const state = {
      open: 0,
      go: (): void => {},
      list: async function* (): AsyncGenerator<Inspection> {
        state.open++
        try {
          yield piece
          await new Promise<void>((resolve) => (state.go = resolve))
          yield piece
        } finally {
          state.open--
        }
      },
    }
    return state
  }

  test.each(['no answer', 'close()'])('by %s', async (why) => {
    const clock = virtualClock()
    const slow = slowList()
    const locks = createLocker({ backend: { ...memoryBackend({ clock }), list: () => slow.list() }, clock })
    const query = ending(locks.query())
    await settled()
    expect(slow.open).toBe(1)
    if (why === 'close()') await clock.until(locks.close())
    expect(await clock.until(query)).toHaveProperty('error')
    slow.go()
    await clock.advance(1_000)
    expect(slow.open).toBe(0)
  })
})

describe('a backend that answers against its contract', () => {
  const SEEN = {
    name: NAME,
    mode: 'exclusive',
    holders: [{ owner: 'a', remainingMs: 1, fence: 1 }],
    waiting: 0,
    line: [],
  }
  const wrong: readonly (readonly [field: string, seen: unknown])[] = [
    ['undefined', undefined],
    ['name', { ...SEEN, name: 7 }],
    ['mode', { ...SEEN, mode: 'read' }],
    ['waiting', { ...SEEN, waiting: Number.NaN }],
    ['holders', { ...SEEN, holders: { owner: 'a' } }],
    ['owner', { ...SEEN, holders: [{ owner: 7, remainingMs: 1, fence: 1 }] }],
    ['remainingMs', { ...SEEN, holders: [{ owner: 'a', remainingMs: '1', fence: 1 }] }],
    ['fence', { ...SEEN, holders: [{ owner: 'a', remainingMs: 1, fence: 1.5 }] }],
    ['line', { ...SEEN, line: 'a' }],
    ['owner', { ...SEEN, line: [{ mode: 'shared' }] }],
    ['mode', { ...SEEN, line: [{ owner: 'a' }] }],
  ]

  test.each(wrong)('fails the call, with the word %s', async (field, seen) => {
    const { locks, backend } = world()
    const list = async function* (): AsyncGenerator<Inspection> {
      yield seen as Inspection
    }
    const listing = createLocker({ backend: { ...memoryBackend(), list } })
    backend.next('inspect', async () => seen)
    const errors = [await ending(locks.inspect(NAME)), await ending(listing.query())]
    for (const error of errors) {
      expect(error).toMatchObject({ error: { code: 'LOCK_INDETERMINATE' } })
      expect(error).toMatchObject({ error: { message: expect.stringContaining(field) as string } })
    }
  })

  test('fails the call whose list has no steps', async () => {
    const list = (): AsyncIterable<Inspection> => ({
      [Symbol.asyncIterator]: () => ({ next: async () => undefined as never }),
    })
    const locks = createLocker({ backend: { ...memoryBackend(), list } })
    expect(await codeOf(locks.query())).toBe('LOCK_INDETERMINATE')
  })

  test('does not, where it leaves out what it need not say', async () => {
    const { line: _, ...seen } = SEEN
    const { locks, backend } = world()
    backend.next('inspect', async () => seen)
    expect(await locks.inspect(NAME)).toMatchObject({ name: NAME, waiting: 0 })
  })
})
