import { expect, test } from 'vitest'
import { asyncContext } from '../../src/async-context/index.js'
import { type Lease } from '../../src/index.js'
import { settled } from '../support/clock.js'
import { NAME, world } from '../support/world.js'

test('a ticket can be had again once the other handle is released', async () => {
  const { locks, other } = world()
  const outer = await locks.acquire(NAME)
  const inner = await locks.acquire(NAME, { within: outer })
  await inner.release()
  const resumed = await other().resume(outer.ticket())
  expect(resumed.held).toBe(true)
})

test('a release in the hook of the release answers the same', async () => {
  const held: { lease?: Lease } = {}
  let inHook: Promise<string> | undefined
  const { locks } = world({ observer: { released: () => void (inHook ??= held.lease?.release()) } })
  const lease = (held.lease = await locks.acquire(NAME))
  expect([await lease.release(), await inHook]).toEqual(['released', 'released'])
})

test('a release in the hook of the release does not take the lease from the waiter that is handed it', async () => {
  const held: { lease?: Lease } = {}
  let inHook: Promise<string> | undefined
  const { locks, backend } = world({ observer: { released: () => void (inHook ??= held.lease?.release()) } })
  const lease = (held.lease = await locks.acquire(NAME))
  const next = locks.acquire(NAME)
  expect(await lease.release()).toBe('released')
  await next
  expect(backend.calls('release')).toHaveLength(0)
})

test('stealing what the surrounding request holds is entering it: there is nobody to take it from', async () => {
  const { locks, backend } = world({ context: asyncContext() })
  await locks.request(NAME, async (outer) => {
    const inner = await locks.acquire(NAME, { steal: true })
    expect(inner.fence).toBe(outer.fence)
    expect(outer.held).toBe(true)
  })
  expect(backend.calls('acquire')).toHaveLength(1)
})

test('handles that come and go leave nothing behind at their hold', async () => {
  const { locks } = world()
  const outer = await locks.acquire(NAME)
  for (let i = 0; i < 1_000; i++) await (await locks.acquire(NAME, { within: outer })).release()
  await settled()
  expect(outer.held).toBe(true)
})
