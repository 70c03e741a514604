import { describe, expect, test } from 'vitest'
import { microtasks, settled } from '../support/clock.js'
import { gate } from '../support/faults.js'
import { NAME, recorder, world } from '../support/world.js'

describe('release ends renewal', () => {
  test('at whichever moment it comes', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { observer, events } = recorder()
      const { clock, backend, locks } = world({ observer })
      const lease = await locks.acquire(NAME)
      let released = false
      const release = async (): Promise<void> => {
        await microtasks(turns)
        await lease.release()
        released = true
      }
      let ending: Promise<void> | undefined
      clock.setTimeout(() => void (ending = release()), 3_333)
      backend.always('extend', (execute) => {
        expect(released).toBe(false)
        ending ??= release()
        return execute()
      })
      await clock.advance(20_000)
      await ending
      expect(backend.calls('extend').length).toBeLessThanOrEqual(1)
      expect(await backend.store.inspect(NAME)).toBeNull()
      expect(events.map(([hook]) => hook).filter((hook) => hook !== 'renewed')).toEqual(['acquired', 'released'])
    }
  })

  test.each(['before', 'after'])('though a renewal is in flight that arrives %s it', async (order) => {
    const { observer, events } = recorder()
    const { clock, backend, locks, other } = world({ observer })
    const lease = await locks.acquire(NAME)
    const renewal = gate()
    backend.next('extend', renewal.fault)
    await clock.advance(3_400)
    expect(backend.calls('extend').length).toBe(1)
    if (order === 'before') renewal.arrive()
    await settled()
    expect(await clock.until(lease.release())).toBe('released')
    const successor = await other().acquire(NAME)
    renewal.answer()
    await clock.advance(20_000)
    expect(backend.calls('extend').length).toBe(1)
    expect(successor.held).toBe(true)
    expect(events.map(([hook]) => hook)).toEqual(['acquired', 'released'])
  })

  test('and a renewal in flight that fails after it is not tried again', async () => {
    const { clock, backend, locks } = world()
    const lease = await locks.acquire(NAME)
    const renewal = gate()
    backend.next('extend', renewal.fault)
    await clock.advance(3_400)
    await lease.release()
    renewal.fail()
    await clock.advance(60_000)
    expect(backend.calls('extend').length).toBe(1)
  })
})
