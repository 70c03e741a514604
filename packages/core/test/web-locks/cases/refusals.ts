import { expect } from 'vitest'
import { ending } from '../ask.js'
import type { WebLocksCase } from '../case.js'
import { errorOf, expectException, NOTHING, requestWith, stage } from '../stage.js'

const never = (): never => {
  throw new Error('this callback must not be called')
}

/** Expects a request with valid types to be refused, and to leave nothing. */
async function expectNotSupported(manager: LockManager, name: string, options: LockOptions = {}): Promise<void> {
  await expectException(ending(manager.request(name, options, never)), 'NotSupportedError')
  expect(await manager.query()).toEqual(NOTHING)
}

/** Requests whose arguments are valid, but which are refused. */
export const refusalCases: readonly WebLocksCase[] = [
  {
    id: 'refusals/hyphen',
    title: 'a name that begins with a hyphen is refused',
    run: async (world) => {
      const { a } = await stage(world)
      for (const name of ['-', '--', '-a', '-\0', '- ']) {
        await expectNotSupported(a, name)
        await expectNotSupported(a, name, { ifAvailable: true })
        await expectNotSupported(a, name, { steal: true })
      }
      await expectException(ending(requestWith(a, -1, never)), 'NotSupportedError')
    },
  },
  {
    id: 'refusals/steal-if-available',
    title: 'steal together with ifAvailable is refused',
    run: async (world) => {
      const { a, name } = await stage(world)
      await expectNotSupported(a, name, { steal: true, ifAvailable: true })
    },
  },
  {
    id: 'refusals/steal-shared',
    title: 'a shared steal is refused',
    run: async (world) => {
      const { a, name } = await stage(world)
      await expectNotSupported(a, name, { steal: true, mode: 'shared' })
    },
  },
  {
    id: 'refusals/signal-steal',
    title: 'a signal together with steal is refused',
    run: async (world) => {
      const { a, name } = await stage(world)
      await expectNotSupported(a, name, { steal: true, signal: new AbortController().signal })
    },
  },
  {
    id: 'refusals/signal-if-available',
    title: 'a signal together with ifAvailable is refused',
    run: async (world) => {
      const { a, name } = await stage(world)
      await expectNotSupported(a, name, { ifAvailable: true, signal: new AbortController().signal })
    },
  },
  {
    id: 'refusals/a-refused-steal',
    title: 'a steal that is refused takes nothing from the holder',
    run: async (world) => {
      const { a, b, name, asked, see } = await stage(world)
      const held = await asked(b)
      const refused = { steal: true, mode: 'shared' } as const
      await expectException(ending(a.request(name, refused, never)), 'NotSupportedError')
      expect(await see(a)).toEqual({ held: ['b exclusive'], pending: [] })
      held.release('kept')
      expect(await held.ended).toEqual({ value: 'kept' })
    },
  },
  {
    id: 'refusals/before-aborts',
    title: 'what is not supported is refused as such, also when the signal has aborted',
    run: async (world) => {
      const { a, name } = await stage(world)
      const signal = AbortSignal.abort(new Error('aborted'))
      await expectNotSupported(a, '-', { signal })
      await expectNotSupported(a, name, { signal, steal: true })
      await expectNotSupported(a, name, { signal, ifAvailable: true })
    },
  },
  {
    id: 'refusals/after-conversions',
    title: 'arguments of the wrong kind are refused as such, also where the request would be refused',
    run: async (world) => {
      const { a, name } = await stage(world)
      const signal = AbortSignal.abort(new Error('aborted'))
      const calls = [
        ['-', { mode: 'none' }, never],
        ['-', {}, null],
        [name, { signal }, null],
        [name, { steal: true, ifAvailable: true }, undefined],
      ]
      for (const args of calls) expect(await errorOf(ending(requestWith(a, ...args)))).toBeInstanceOf(TypeError)
    },
  },
]
