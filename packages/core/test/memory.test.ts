import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Claim, type Inspection, type LockBackend, memoryBackend, memoryStore, type Turn } from '../src/index.js'
import { virtualClock } from './support/clock.js'

const claim = (owner: string, over: Partial<Claim> = {}): Claim => ({
  name: 'name',
  owner,
  ttlMs: 1_000,
  mode: 'exclusive',
  limit: 1,
  ...over,
})
const steal = { steal: true }
const reading = { mode: 'shared', limit: Infinity } as const

async function listed(backend: LockBackend, signal?: AbortSignal): Promise<readonly Inspection[]> {
  const seen: Inspection[] = []
  for await (const one of backend.list?.(signal && { signal }) ?? []) seen.push(one)
  return seen
}

describe('the memory backend', () => {
  test.each([{}, null, 5, 'x', new Map(), []])('refuses what is no store, and no clock: %j', (value) => {
    expect(() => memoryBackend({ store: value as never })).toThrow(/^store must be made by memoryStore\(\), got /)
    expect(() => memoryBackend({ clock: value as never })).toThrow(/^clock must be a Clock, got /)
  })

  test('reserves no fences by the extension of a shared claim', async () => {
    const backend = memoryBackend()
    const shared = claim('a', reading)
    const first = await backend.acquire(shared)
    const [extended] = await backend.extend([{ ...shared, fences: 5 }])
    expect(extended).toEqual({ status: 'extended', validMs: 1_000, fence: null })
    const next = await backend.acquire(claim('b', reading))
    expect(next).toMatchObject({ fence: first.acquired && Number(first.fence) + 1 })
  })

  test('hints each former holder once, through every handle that watches, and nobody else', async () => {
    const store = memoryStore()
    const [one, other] = [memoryBackend({ store }), memoryBackend({ store })]
    const received: Turn[][] = [[], []]
    const ends = await Promise.all([one, other].map(async (each, i) => each.watch?.((turn) => received[i]?.push(turn))))
    await one.acquire(claim('a'))
    await one.acquire(claim('a', steal))
    await other.acquire(claim('stealer', steal))
    await other.evict('name')
    for (const owner of ['b', 'c']) await one.acquire(claim(owner, reading))
    await one.acquire(claim('b', { ...reading, ...steal }))
    await other.evict('name')
    await other.evict('name')
    const expected = ['a', 'stealer', 'b', 'c'].map((owner) => ({ type: 'taken', name: 'name', owner }))
    expect(received).toEqual([expected, expected])
    for (const end of ends) await end?.()
    await one.acquire(claim('d'))
    await one.evict('name')
    expect(received).toEqual([expected, expected])
    expect(store.watchers.size).toBe(0)
  })

  test('evicts nobody whom the line would have moved on to', async () => {
    const clock = virtualClock()
    const backend = memoryBackend({ clock })
    await backend.acquire(claim('a'))
    await backend.acquire(claim('b', { lineMs: 60_000 }))
    await clock.advance(1_000)
    expect(await backend.evict('name')).toBe(false)
    expect((await backend.inspect('name'))?.holders).toMatchObject([{ owner: 'b' }])
  })

  test('forgets names that have ended, and moves no line on meanwhile: a steal from nobody leaves the places', async () => {
    const clock = virtualClock()
    const store = memoryStore()
    const backend = memoryBackend({ clock, store })
    await backend.acquire(claim('a', { ttlMs: 10 }))
    await backend.acquire(claim('b', { lineMs: 60_000 }))
    for (let i = 0; i < 1_000; i++) await backend.acquire(claim('x', { name: `${i}`, ttlMs: 5 }))
    await clock.advance(10)
    for (let i = 0; i < 1_000; i++) await backend.acquire(claim('x', { name: `then ${i}`, ttlMs: 5 }))
    expect(store.names.size).toBeLessThan(1_200)
    await backend.acquire(claim('c', steal))
    expect(await backend.inspect('name')).toMatchObject({ holders: [{ owner: 'c' }], waiting: 1 })
  })

  test('lists without moving a line on', async () => {
    const clock = virtualClock()
    const backend = memoryBackend({ clock })
    await backend.acquire(claim('a'))
    await backend.acquire(claim('b', { ...reading, lineMs: 60_000 }))
    await clock.advance(1_000)
    const waitedFor = { name: 'name', mode: 'exclusive', holders: [], waiting: 1 }
    for (let i = 0; i < 2; i++) {
      expect(await listed(backend)).toEqual([{ ...waitedFor, line: [{ owner: 'b', mode: 'shared' }] }])
    }
    expect((await backend.inspect('name'))?.holders).toMatchObject([{ owner: 'b' }])
  })

  test('stops listing when aborted', async () => {
    const backend = memoryBackend()
    await backend.acquire(claim('a'))
    const reason = new Error('enough')
    await expect(listed(backend, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

test('a store is shown by console.log without the owners', async () => {
  const store = memoryStore()
  await memoryBackend({ store }).acquire(claim('secret', { lineMs: 1_000 }))
  expect(inspect({ store })).toBe('{ store: { names: 1 } }')
})
