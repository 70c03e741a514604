import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Timer, createTimerQueue } from '../../src/timers/timer-queue.js'
import { virtualClock } from '../support/clock.js'
import { runDetached as detached } from '../../src/timers/detached.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

interface Noted extends Timer {
  readonly id: number
}

const alarm = (id: number, rang: number[]): Noted => ({ id, dueAt: 0, heapIndex: -1, fire: () => void rang.push(id) })

describe('alarms', () => {
  test('ring when due, whatever is set, moved and cleared: as a list would that is searched each time', async () => {
    const COUNT = 12
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), id: fc.nat(COUNT - 1), in: fc.nat(100) }),
      fc.record({ kind: fc.constant('clear' as const), id: fc.nat(COUNT - 1) }),
      fc.record({ kind: fc.constant('advance' as const), by: fc.nat(40) }),
      fc.record({ kind: fc.constant('rest' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, keepAlive) => {
        const clock = virtualClock(0)
        const alarms = createTimerQueue(clock, { keepsProcessAlive: keepAlive, detached })
        const rang: number[] = []
        const all = Array.from({ length: COUNT }, (_, id) => alarm(id, rang))
        const due = new Map<number, number>()
        for (const each of steps) {
          if (each.kind === 'set') {
            alarms.set(all[each.id] as Noted, clock.now() + each.in)
            due.set(each.id, clock.now() + each.in)
          } else if (each.kind === 'clear') {
            alarms.clear(all[each.id] as Noted)
            due.delete(each.id)
          } else if (each.kind === 'advance') {
            const before = rang.length
            await clock.advance(each.by)
            const expected = [...due].filter(([, at]) => at <= clock.now())
            const ringing = rang.slice(before)
            expect(ringing.toSorted((a, b) => a - b)).toEqual(expected.map(([id]) => id).toSorted((a, b) => a - b))
            const times = ringing.map((id) => due.get(id) ?? Number.NaN)
            expect(times).toEqual(times.toSorted((a, b) => a - b))
            for (const [id] of expected) due.delete(id)
          } else alarms.stopIfIdle()
          expect(alarms.next()?.dueAt).toBe(due.size === 0 ? undefined : Math.min(...due.values()))
          for (const { id, heapIndex: slot } of all) expect(slot >= 0).toBe(due.has(id))
          expect(clock.pending()).toBeLessThanOrEqual(1)
          if (due.size > 0) expect(clock.pending()).toBe(1)
          if (!keepAlive || due.size === 0) expect(clock.keepsAlive()).toBe(false)
          else expect(clock.keepsAlive()).toBe(true)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('that are set and cleared a hundred thousand times, each later than the last, set few timers', async () => {
    const clock = virtualClock()
    const alarms = createTimerQueue(clock, { keepsProcessAlive: true, detached })
    const one = alarm(1, [])
    for (let i = 0; i < 100_000; i++) {
      alarms.set(one, clock.now() + 1_000)
      alarms.clear(one)
      if (i % 100 === 0) clock.jump({ monotonic: 1 })
    }
    expect(clock.timersSet()).toBeLessThanOrEqual(2)
    await clock.advance(2_000)
    expect(clock.pending()).toBe(0)
  })

  test('beyond what one timer can hold ring at their time', async () => {
    const clock = virtualClock()
    const alarms = createTimerQueue(clock, { keepsProcessAlive: true, detached })
    const rang: number[] = []
    alarms.set(alarm(1, rang), clock.now() + 2 ** 33)
    await clock.advance(2 ** 33 - 1)
    expect(rang).toEqual([])
    await clock.advance(1)
    expect(rang).toEqual([1])
    expect(clock.timersSet()).toBeLessThanOrEqual(6)
  })

  test('that are never due cost no timer, and do not keep others from ringing', async () => {
    const clock = virtualClock()
    const alarms = createTimerQueue(clock, { keepsProcessAlive: true, detached })
    const rang: number[] = []
    alarms.set(alarm(1, rang), Infinity)
    expect(clock.pending()).toBe(0)
    alarms.set(alarm(2, rang), clock.now() + 5)
    await clock.advance(1_000)
    expect([rang, clock.pending()]).toEqual([[2], 0])
  })

  test('may set and clear others, and themselves, while they ring', async () => {
    const clock = virtualClock()
    const alarms = createTimerQueue(clock, { keepsProcessAlive: false, detached })
    const rang: string[] = []
    const other: Timer = { dueAt: 0, heapIndex: -1, fire: () => void rang.push('other') }
    const cleared: Timer = { dueAt: 0, heapIndex: -1, fire: () => void rang.push('cleared') }
    const again: Timer = {
      dueAt: 0,
      heapIndex: -1,
      fire: () => {
        rang.push('again')
        alarms.clear(cleared)
        if (rang.length === 1) alarms.set(again, clock.now() + 10)
        alarms.set(other, clock.now())
      },
    }
    alarms.set(again, clock.now() + 10)
    alarms.set(cleared, clock.now() + 10)
    await clock.advance(30)
    expect(rang).toEqual(['again', 'other', 'again', 'other'])
  })

  test('ring late and all together after the event loop was blocked', async () => {
    const clock = virtualClock()
    const alarms = createTimerQueue(clock, { keepsProcessAlive: true, detached })
    const rang: number[] = []
    for (let id = 0; id < 100; id++) alarms.set(alarm(id, rang), clock.now() + 100 - id)
    clock.jump({ monotonic: 1_000 })
    await clock.advance(0)
    expect(rang).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i))
  })
})
