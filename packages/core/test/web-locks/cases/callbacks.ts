import { expect } from 'vitest'
import { ending } from '../ask.js'
import type { WebLocksCase } from '../case.js'
import { IF_AVAILABLE, NOTHING, requestWith, stage, type Stage } from '../stage.js'

/** Expects a request with this callback to end as `end` says, and to leave no lock. */
async function expectEnd({ a, b, name, see, ask }: Stage, callback: () => unknown, end: object): Promise<void> {
  expect(await ending(requestWith(a, name, callback))).toEqual(end)
  expect(await see(b)).toEqual(NOTHING)
  // The request ends the same way if there is no lock to release.
  const held = ask(b)
  await held.granted
  expect(await ending(requestWith(a, name, IF_AVAILABLE, callback))).toEqual(end)
  held.release()
  await held.ended
}

const objectWith = (key: string, property: PropertyDescriptor): object => Object.defineProperty({}, key, property)

/** An object with a `then` of its own. */
const thenable = (then: (...ends: ((value: unknown) => void)[]) => void): object => objectWith('then', { value: then })

/** Any value can be thrown. */
const failures: readonly unknown[] = [new Error('failed'), undefined, null, 'text', 0]

/** Callbacks: how they are called, and how their results settle the request. */
export const callbackCases: readonly WebLocksCase[] = [
  {
    id: 'callbacks/asynchronous',
    title: 'a callback is never called before request has returned',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      const calls: string[] = []
      const granted = a.request(name, () => calls.push('granted'))
      expect(calls).toEqual([])
      await granted
      await asked(b)
      const refused = a.request(name, IF_AVAILABLE, () => calls.push('null'))
      expect(calls).toEqual(['granted'])
      await refused
      const stolen = a.request(name, { steal: true }, () => calls.push('stolen'))
      expect(calls).toEqual(['granted', 'null'])
      await stolen
      expect(calls).toEqual(['granted', 'null', 'stolen'])
    },
  },
  {
    id: 'callbacks/arguments',
    title: 'a callback is called once, with one argument and without this',
    run: async (world) => {
      const { a, b, name, asked } = await stage(world)
      const calls: [unknown, number][] = []
      function callback(this: unknown, ...args: readonly unknown[]): void {
        calls.push([this, args.length])
      }
      await requestWith(a, name, callback)
      await asked(b)
      await requestWith(a, name, IF_AVAILABLE, callback)
      await a.query()
      expect(calls).toEqual([
        [undefined, 1],
        [undefined, 1],
      ])
    },
  },
  {
    id: 'callbacks/values',
    title: 'a request ends with what its callback returns',
    run: async (world) => {
      const set = await stage(world)
      for (const value of [undefined, null, 0, '', false, { a: 1 }, [1, 2], Symbol.iterator]) {
        await expectEnd(set, () => value, { value })
        await expectEnd(set, async () => value, { value })
      }
    },
  },
  {
    id: 'callbacks/throws',
    title: 'a request ends with what its callback throws, whatever that is',
    run: async (world) => {
      const set = await stage(world)
      for (const error of failures) {
        const callback = (): never => {
          throw error
        }
        await expectEnd(set, callback, { error })
      }
    },
  },
  {
    id: 'callbacks/rejects',
    title: 'a request ends with what the promise of its callback rejects with, whatever that is',
    run: async (world) => {
      const set = await stage(world)
      for (const error of failures) {
        await expectEnd(set, () => Promise.reject(error), { error })
      }
    },
  },
  {
    id: 'callbacks/thenables',
    title: 'what has a then is as good as a promise',
    run: async (world) => {
      const set = await stage(world)
      await expectEnd(set, () => thenable((resolve) => resolve?.('later')), { value: 'later' })
      await expectEnd(set, () => thenable((_, reject) => reject?.('not')), { error: 'not' })
      const error = new Error('then throws')
      const throws = (): never => {
        throw error
      }
      await expectEnd(set, () => thenable(throws), { error })
      await expectEnd(set, () => objectWith('then', { get: throws }), { error })
    },
  },
  {
    id: 'callbacks/held-for-a-thenable',
    title: 'a lock is held until the thenable of its callback has settled',
    run: async (world) => {
      const { a, b, name, see } = await stage(world)
      let settle: ((value: unknown) => void) | undefined
      const request = requestWith(a, name, () => thenable((resolve) => (settle = resolve)))
      await world.until(() => settle !== undefined, 'the thenable is used')
      expect(await see(b)).toEqual({ held: ['a exclusive'], pending: [] })
      settle?.('settled')
      expect(await request).toBe('settled')
      expect(await see(b)).toEqual(NOTHING)
    },
  },
  {
    id: 'callbacks/a-failure-lets-the-next-in',
    title: 'a callback that fails lets the next one in',
    run: async (world) => {
      const { a, b, asked, see } = await stage(world)
      const held = await asked(a)
      const next = await asked(b)
      held.fail(new Error('failed'))
      await held.ended
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      await next.granted
    },
  },
]
