// Rests on stealing: locks.request(name, { steal: true }, callback).
import { createLocker, memoryBackend } from '@holdfast/core'
import { expect, test } from 'vitest'
import { eventually, freshName } from '../support/eventually.js'
import { codeOf, lossOf, openStage } from './stage.js'

const { locks, others, waiting } = await openStage()
const memory = createLocker({ backend: memoryBackend() })

test.concurrent('Web Locks: { steal: true }', async () => {
  for (const [one, another] of [
    [locks, others],
    [memory, memory],
  ] as const) {
    const name = freshName()
    // The next renewal would tell of it after 10 s.
    const former = one.request(name, { ttlMs: 30_000 }, async (lease) => {
      const from = performance.now()
      expect(await another.request(name, { steal: true }, ({ held }) => held)).toBe(true)
      expect(await lossOf(lease)).toMatchObject({ code: 'LOCK_LOST' })
      expect(performance.now() - from).toBeLessThan(5_000)
      return 'computed without the lock'
    })
    expect(await codeOf(former)).toBe('LOCK_LOST')
  }
})

test.concurrent('Web Locks: { steal: true }, while others wait', async () => {
  const name = freshName()
  const former = await locks.acquire(name)
  const patient = others.acquire(name)
  await eventually(async () => expect(await waiting(name)).toBe(1))
  const thief = await locks.acquire(name, { steal: true })
  expect(await lossOf(former)).toMatchObject({ code: 'LOCK_LOST' })
  expect(thief.held).toBe(true)
  expect(thief.fence).toBeGreaterThan(former.fence ?? Infinity)
  await thief.release()
  await using next = await patient // keeps its place, behind the thief
  expect(next.held).toBe(true)
})
