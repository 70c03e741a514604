import { createLocker, type Lease } from '@holdfast/core'
import { describe, expect, test } from 'vitest'
import { assertHeld, postgresBackend, type PostgresClient } from '../src/index.js'
import { migrated, poolOf, withServer } from './support/server.js'
import { claim, rejection } from './support/wait.js'

/** Holds the process up. */
function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** A client that fails by each of the codes in turn, and then answers. */
function failing(codes: readonly string[], answer = 'a 7', onAsked?: () => void) {
  const asked: string[] = []
  const client: PostgresClient = {
    query: async (text) => {
      const code = codes[asked.length]
      asked.push(text)
      onAsked?.()
      if (code === undefined) return { rows: [{ answer }] }
      throw Object.assign(new Error('could not serialize access'), { code })
    },
  }
  return { asked, client, backend: postgresBackend(client, { listen: false }) }
}

describe('a statement that conflicts with another transaction', () => {
  test.each(['40001', '40P01'])('is asked again at once: %s', async (code) => {
    const mine = claim()
    const taking = failing([code, code])
    expect(await taking.backend.acquire(mine)).toEqual({ acquired: true, validMs: mine.ttlMs, fence: 7 })
    expect(new Set(taking.asked).size).toBe(1)
    expect(taking.asked).toHaveLength(3)
    expect(await failing([code], 'e').backend.extend([mine])).toMatchObject([{ status: 'extended' }])
    expect(await failing([code], 'ee').backend.extend([mine, claim()])).toHaveLength(2)
    expect(await failing([code], 'r').backend.release(mine)).toBe('released')
    expect(await failing([code], 'e').backend.evict(mine.name)).toBe(true)
    expect(await failing([code], '[]').backend.inspect(mine.name)).toBeNull()
  })

  test('is refused as not executed after ten times', async () => {
    const { asked, backend } = failing(Array.from({ length: 20 }, () => '40001'))
    const error = await rejection(backend.acquire(claim()))
    expect(error).toMatchObject({ executed: 'no', retryable: true, cause: { code: '40001' } })
    expect(asked).toHaveLength(10)
  })

  // A deadlock is noticed after a second, and a call has a bound of its own.
  test('is not asked again after half a second', async () => {
    const codes = Array.from({ length: 20 }, () => '40P01')
    const { asked, backend } = failing(codes, 'a 7', () => busy(150))
    expect(await rejection(backend.acquire(claim()))).toMatchObject({ executed: 'no', cause: { code: '40P01' } })
    expect(asked.length).toBeLessThanOrEqual(5)
  })

  test('is not asked again when nobody waits for the answer any more', async () => {
    const over = new AbortController()
    const { asked, backend } = failing(['40001'], 'a 7', () => over.abort())
    const error = await rejection(backend.acquire(claim(), { signal: over.signal }))
    expect(error).toMatchObject({ executed: 'no' })
    expect(asked).toHaveLength(1)
  })

  test.each(['40000', '40003', '53300', '57014', '08006', 'ECONNRESET'])('and no other: %s', async (code) => {
    const { asked, backend } = failing([code])
    await rejection(backend.acquire(claim()))
    expect(asked).toHaveLength(1)
  })

  test('is not asked again by assertHeld: the transaction of the caller has ended', async () => {
    const { asked, client } = failing(['40001'])
    const lease = { names: ['a'], owner: claim().owner, fences: new Map([['a', 1]]), assertHeld: () => {} }
    const error = await rejection(assertHeld(client, lease as unknown as Lease))
    expect(error).toMatchObject({ cause: { code: '40001' } })
    expect(asked).toHaveLength(1)
  })
})

withServer('a name that nobody else wants', async () => {
  const { server } = await migrated()

  // Without a pause, each claim of SERIALIZABLE overlaps with one of each other caller, and few can succeed.
  test.each([
    ['repeatable\\ read', 8, 0],
    ['serializable', 4, 10],
  ])('is never refused as a conflict: %s', async (isolation, callers, pauseMs) => {
    const options = `-c default_transaction_isolation=${isolation}`
    const calls = Array.from({ length: callers }, async (_, caller) => {
      const backend = postgresBackend(poolOf(server, { options, max: 1 }), { listen: false })
      await using locks = createLocker({ backend })
      for (let i = 0; i < 80; i++) {
        const lease = await locks.tryAcquire(`${isolation}-${caller}-${i % 40}`)
        expect(await lease?.release()).toBe('released')
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    })
    await Promise.all(calls)
  })
})
