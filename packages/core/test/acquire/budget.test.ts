import { describe, expect, test } from 'vitest'
import { hangs, slow } from '../support/faults.js'
import { codeOf, ending, world } from '../support/world.js'

// An acquisition of several names without renewal ends with an extension: all names then last as long as the last one.
describe('the budget of several names holds in the last step too', () => {
  test('waitMs', async () => {
    const { clock, backend, locks } = world()
    backend.always('extend', hangs)
    const from = clock.now()
    expect(await clock.until(codeOf(locks.acquire(['a', 'b'], { renew: false, waitMs: 100 })))).toBe(
      'LOCK_INDETERMINATE',
    )
    expect(clock.now() - from).toBe(100)
  })

  test.each([
    ['hangs', hangs],
    ['is slow', slow(500)],
  ])('the signal, when the extension %s', async (_, fault) => {
    const { clock, backend, locks } = world()
    backend.always('extend', fault)
    const controller = new AbortController()
    const from = clock.now()
    const end = ending(locks.acquire(['a', 'b'], { renew: false, signal: controller.signal }))
    await clock.advance(50)
    controller.abort('stop')
    expect(await clock.until(end)).toEqual({ error: 'stop' })
    expect(clock.now() - from).toBe(50)
    backend.always('extend', (execute) => execute())
    await clock.advance(60_000)
    expect(await backend.store.inspect('a')).toBeNull()
    expect(await backend.store.inspect('b')).toBeNull()
  })

  test('close()', async () => {
    const { clock, backend, locks } = world()
    backend.always('extend', hangs)
    const code = codeOf(locks.acquire(['a', 'b'], { renew: false }))
    await clock.advance(50)
    const from = clock.now()
    await clock.until(locks.close())
    expect(await code).toBe('LOCK_CLOSED')
    expect(clock.now() - from).toBeLessThan(100)
  })
})

test('one attempt for each of several names shares one bound', async () => {
  const { clock, backend, locks } = world()
  backend.always('acquire', slow(1_500))
  const from = clock.now()
  const end = await clock.until(ending(locks.tryAcquire(['a', 'b', 'c', 'd'])))
  expect(clock.now() - from).toBeLessThanOrEqual(3_334)
  expect('error' in end).toBe(true)
})
