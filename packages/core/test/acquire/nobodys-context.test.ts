import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { asyncContext } from '../../src/async-context/index.js'
import type { LockContext, LockObserver } from '../../src/index.js'
import { settled } from '../support/clock.js'
import { NAME, world } from '../support/world.js'

const namesOf = (context: LockContext): string[] => context.current().map(({ name }) => name)

// The callers of a locker share a timer, a subscription and a check. The first caller that needs them starts them.
describe('work that serves all callers runs in the context of none', () => {
  test('an abort listener that was added outside of a request is not called inside of it, and does not re-enter', async () => {
    const context = asyncContext()
    const { clock, locks } = world({ context })
    const session = await locks.acquire('session', { renew: false, ttlMs: 500 })
    let seen: string[] | undefined
    let entered: unknown
    session.signal.addEventListener('abort', () => {
      seen = namesOf(context)
      void locks.tryAcquire('job').then((lease) => (entered = lease))
    })
    const job = locks.request('job', async () => {
      // The timer of this lease is due before all other timers, and is set in the context of this request.
      await locks.request('detail', { ttlMs: 90 }, () => Promise.resolve())
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 600))
    })
    await clock.until(job)
    expect([seen, entered]).toEqual([[], null])
  })

  test('an abort listener is called where the signal was asked for', async () => {
    const context = asyncContext()
    const { clock, locks, other } = world({ context })
    let seen: string[] | undefined
    const inside = locks.request('outer', async () => {
      const lease = await locks.acquire(NAME)
      lease.signal.addEventListener('abort', () => (seen = namesOf(context)))
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 5_000))
    })
    await clock.advance(100)
    await other().forceRelease(NAME)
    await clock.until(inside)
    expect(seen).toEqual(['outer'])
  })

  test('a steal by a call in one request aborts the signal of the victim in its own context', async () => {
    const context = asyncContext()
    const { clock, locks } = world({ context })
    const victim = await locks.acquire(NAME)
    let seen: string[] | undefined
    victim.signal.addEventListener('abort', () => (seen = namesOf(context)))
    await clock.until(
      locks.request('steal', async () => {
        await locks.acquire(NAME, { steal: true })
      }),
    )
    expect(seen).toEqual([])
  })

  test('the subscription is begun outside of every request, and so are its notifications', async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const { clock, locks, backend, other } = world({}, {})
    const { watch } = backend
    backend.watch = (onTurn, onStanding) => {
      seen.push(storage.getStore())
      return watch?.(onTurn, onStanding) ?? Promise.reject(new Error('no watch'))
    }
    const held = await other().acquire(NAME)
    const waiting = storage.run('a request', () => locks.acquire(NAME))
    await clock.advance(10)
    await held.release()
    await clock.until(waiting)
    expect(seen).toEqual([undefined])
  })
})

test('a hand-over calls the observer in the context of the caller that gets the lease', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: [string, string | undefined][] = []
  const observer: LockObserver = {
    acquired: ({ attempts }) => seen.push([`acquired ${attempts}`, storage.getStore()]),
    released: () => seen.push(['released', storage.getStore()]),
  }
  const { clock, locks } = world({ observer })
  const first = await storage.run('first', () => locks.acquire(NAME))
  const second = storage.run('second', () => locks.acquire(NAME))
  await settled()
  await storage.run('first', () => first.release())
  await clock.until(second)
  expect(seen).toEqual([
    ['acquired 1', 'first'],
    ['released', 'first'],
    ['acquired 0', 'second'],
  ])
})

test('a hand-over that is lost before its caller takes it is acquired, then lost', async () => {
  const events: string[] = []
  const observer: LockObserver = { acquired: () => events.push('acquired'), lost: () => events.push('lost') }
  const { clock, locks } = world({ observer, ttlMs: 1_000 }, { capabilities: { fencing: false } })
  const first = await locks.acquire(NAME)
  const second = locks.acquire(NAME)
  await clock.advance(10)
  void first.release()
  clock.jump({ monotonic: 2_000 })
  const lease = await clock.until(second)
  expect(lease.held).toBe(false)
  expect(events).toEqual(['acquired', 'acquired', 'lost'])
})
