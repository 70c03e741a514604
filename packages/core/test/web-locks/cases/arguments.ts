import { expect } from 'vitest'
import { ending } from '../ask.js'
import type { WebLocksCase } from '../case.js'
import { errorOf, requestWith, stage, STEAL } from '../stage.js'

const never = (): never => {
  throw new Error('this callback must not be called')
}

/** Expects each list of arguments to be refused by a rejection with a `TypeError`. */
async function expectTypeErrors(manager: LockManager, calls: readonly (readonly unknown[])[]): Promise<void> {
  for (const args of calls) {
    const shown = args.map((arg) => String(arg)).join(', ')
    expect(await errorOf(ending(requestWith(manager, ...args))), `request(${shown})`).toBeInstanceOf(TypeError)
  }
  expect(await manager.query()).toEqual({ held: [], pending: [] })
}

/** An object whose conversion to a string throws this error. */
const unconvertible = (error: Error): object => ({
  toString() {
    throw error
  },
})

/** The name of the lock that is granted when this value is given as a name. */
const nameFor = (manager: LockManager, value: unknown): Promise<unknown> =>
  requestWith(manager, value, (lock: Lock) => lock.name)

/** Arguments are converted by the rules of Web IDL, from left to right. */
export const argumentCases: readonly WebLocksCase[] = [
  {
    id: 'arguments/promises',
    title: 'request and query return promises',
    run: async (world) => {
      const { a, name } = await stage(world)
      const promises = [requestWith(a, name, () => 1), requestWith(a), a.query()]
      for (const promise of promises) expect(promise).toBeInstanceOf(Promise)
      await Promise.all(promises.map(ending))
    },
  },
  {
    id: 'arguments/too-few',
    title: 'fewer than two arguments are refused',
    run: async (world) => expectTypeErrors((await stage(world)).a, [[], ['name'], [never]]),
  },
  {
    id: 'arguments/callback',
    title: 'a callback that cannot be called is refused',
    run: async (world) => {
      const callbacks = [undefined, null, {}, 'callback', 1]
      const calls = callbacks.flatMap((callback) => [
        ['name', callback],
        ['name', {}, callback],
      ])
      await expectTypeErrors((await stage(world)).a, calls)
    },
  },
  {
    id: 'arguments/options-of-another-kind',
    title: 'options that are not an object are refused',
    run: async (world) => {
      const kinds = [1, 'exclusive', true, false, Symbol('options'), 1n]
      await expectTypeErrors(
        (await stage(world)).a,
        kinds.map((kind) => ['name', kind, never]),
      )
    },
  },
  {
    id: 'arguments/no-options',
    title: 'options of undefined, null, an empty object and a function are the defaults',
    run: async (world) => {
      const { a, name } = await stage(world)
      for (const options of [undefined, null, {}, never]) {
        expect(await requestWith(a, name, options, (lock: Lock) => lock.mode)).toBe('exclusive')
      }
    },
  },
  {
    id: 'arguments/too-many',
    title: 'more than three arguments are as good as three',
    run: async (world) => {
      const { a, name } = await stage(world)
      expect(await requestWith(a, name, { mode: 'shared' }, (lock: Lock) => lock.mode, never)).toBe('shared')
    },
  },
  {
    id: 'arguments/name-conversion',
    title: 'a name is converted to a string',
    run: async (world) => {
      const { a } = await stage(world)
      expect(await nameFor(a, 1)).toBe('1')
      expect(await nameFor(a, null)).toBe('null')
      expect(await nameFor(a, undefined)).toBe('undefined')
      expect(await nameFor(a, true)).toBe('true')
      expect(await nameFor(a, ['x', 'y'])).toBe('x,y')
      expect(await nameFor(a, { toString: () => 'by toString', valueOf: () => 'by valueOf' })).toBe('by toString')
    },
  },
  {
    id: 'arguments/name-symbol',
    title: 'a symbol is no name',
    run: async (world) => expectTypeErrors((await stage(world)).a, [[Symbol('name'), never]]),
  },
  {
    id: 'arguments/modes',
    title: 'a mode of another spelling is refused',
    run: async (world) => {
      const modes = ['', 'Shared', 'EXCLUSIVE', 'shared ', null, 1, {}, Symbol('shared')]
      await expectTypeErrors(
        (await stage(world)).a,
        modes.map((mode) => ['name', { mode }, never]),
      )
    },
  },
  {
    id: 'arguments/mode-conversion',
    title: 'a mode is converted to a string, and undefined is exclusive',
    run: async (world) => {
      const { a, name } = await stage(world)
      const modeOf = (mode: unknown): Promise<unknown> => requestWith(a, name, { mode }, (lock: Lock) => lock.mode)
      expect(await modeOf(undefined)).toBe('exclusive')
      expect(await modeOf(['shared'])).toBe('shared')
      expect(await modeOf({ toString: () => 'shared' })).toBe('shared')
    },
  },
  {
    id: 'arguments/flag-conversion',
    title: 'ifAvailable and steal are what they are as booleans',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      const held = await asked(b)
      for (const ifAvailable of ['false', 1, {}]) {
        expect(await requestWith(a, name, { ifAvailable }, (lock: unknown) => lock)).toBeNull()
      }
      const none = [undefined, null, 0, '', Number.NaN]
      const waiting = none.map((flag) => requestWith(a, name, { ifAvailable: flag, steal: flag }, () => 'waited'))
      expect((await see(a)).pending).toHaveLength(none.length)
      held.release()
      expect(await Promise.all(waiting)).toEqual(none.map(() => 'waited'))
    },
  },
  {
    id: 'arguments/signal-kind',
    title: 'a signal that is not an AbortSignal is refused, and undefined is none',
    run: async (world) => {
      const { a, name } = await stage(world)
      const signals = [null, {}, 'signal', true, new AbortController(), new EventTarget()]
      await expectTypeErrors(
        a,
        signals.map((signal) => ['name', { signal }, never]),
      )
      const options = { ...STEAL, signal: undefined }
      expect(await requestWith(a, name, options, () => 'no signal')).toBe('no signal')
    },
  },
  {
    id: 'arguments/members-read',
    title: 'each option is read once, in the order of the names, wherever it is inherited from',
    run: async (world) => {
      const { a, name } = await stage(world)
      const read: string[] = []
      const member = (key: string, value: unknown): PropertyDescriptor => ({
        get: () => (read.push(key), value),
        enumerable: true,
      })
      const parent = Object.create(null, {
        steal: member('steal', false),
        mode: member('mode', 'shared'),
      }) as object
      const options = Object.create(parent, {
        signal: member('signal', undefined),
        ifAvailable: member('ifAvailable', false),
      }) as object
      expect(await requestWith(a, name, options, (lock: Lock) => lock.mode)).toBe('shared')
      expect(read).toEqual(['ifAvailable', 'mode', 'signal', 'steal'])
    },
  },
  {
    id: 'arguments/conversions-that-throw',
    title: 'what a conversion throws is the rejection, the leftmost first',
    run: async (world) => {
      const { a } = await stage(world)
      const [first, second] = [new Error('first'), new Error('second')]
      const thrower = { mode: unconvertible(second) }
      const late = {
        get signal(): never {
          throw second
        },
        ifAvailable: true,
        mode: unconvertible(first),
      }
      expect(await errorOf(ending(requestWith(a, unconvertible(first), thrower, null)))).toBe(first)
      expect(await errorOf(ending(requestWith(a, 'name', thrower, null)))).toBe(second)
      expect(await errorOf(ending(requestWith(a, 'name', late, never)))).toBe(first)
    },
  },
]
