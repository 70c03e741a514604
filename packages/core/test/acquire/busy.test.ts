import { describe, expect, test } from 'vitest'
import { asyncContext } from '../../src/async-context/index.js'
import type { AcquireOptions, Locker } from '../../src/index.js'
import { slow } from '../support/faults.js'
import { codeOf, ending, type World, world } from '../support/world.js'

async function refusal(
  { clock }: World,
  locks: Locker,
  names: string | readonly string[],
  options: AcquireOptions = {},
): Promise<string> {
  const end = await clock.until(ending(locks.acquire(names, { waitMs: 50, ...options })))
  if (!('error' in end)) throw new Error('nothing was refused')
  await expect(codeOf(Promise.reject(end.error))).resolves.toBe('LOCK_BUSY')
  return (end.error as Error).message
}

describe('LOCK_BUSY of several names', () => {
  const names = Array.from({ length: 200 }, (_, i) => `name ${i}`)

  test.each<AcquireOptions>([{}, { waitMs: 0 }, { retry: { maxAttempts: 1 } }])(
    'says which of them was not free, and no other: %o',
    async (options) => {
      const at = world()
      await at.other().acquire('name 7')
      expect(await refusal(at, at.locks, names, options)).toMatch(
        /^"name 7" was not free within \d+ ms: it is held by another locker, or others wait for it$/,
      )
    },
  )

  test('says so too where this locker holds it', async () => {
    const at = world()
    await at.locks.acquire('name 7')
    expect(await refusal(at, at.locks, names)).toMatch(
      /^"name 7" was not free within \d+ ms: it is held by this locker/,
    )
  })

  test('counts them when one was lost before all were acquired', async () => {
    const at = world({ ttlMs: 100 })
    at.backend.always('extend', slow(1_000))
    at.backend.next('acquire', slow(90))
    const message = await refusal(at, at.locks, ['a', 'b'], { retry: { maxAttempts: 1 }, waitMs: 1_000, renew: false })
    expect(message).toMatch(/^one of 2 names was not free within \d+ ms/)
  })
})

describe('LOCK_BUSY of a name that the locker itself holds', () => {
  test('names the two ways to share the lease', async () => {
    const at = world()
    await at.locks.acquire('a')
    const message = await refusal(at, at.locks, 'a')
    expect(message).toContain('pass { within: lease }, or give the locker a context: asyncContext() of @holdfast/core')
  })

  test('does not ask for a context where there is one', async () => {
    const at = world({ context: asyncContext() })
    await at.locks.acquire('a')
    const message = await refusal(at, at.locks, 'a')
    expect(message).toContain('pass { within: lease }, or call it in context.run(lease, work)')
    expect(message).not.toContain('asyncContext()')
  })
})
