import { expect } from 'vitest'
import type { Ask, Ending, World } from './case.js'

/** The view of a name in a snapshot: `'a exclusive'` for a lock of client a. Only the waiters are in order. */
export interface View {
  readonly held: readonly string[]
  readonly pending: readonly string[]
}

/** Two clients of one origin, and a name to contend for. */
export interface Stage {
  readonly world: World
  readonly a: LockManager
  readonly b: LockManager
  readonly name: string
  /** Makes another client, shown under this label. */
  join(label: string): Promise<LockManager>
  /** Asks for a lock, and holds it. Does not wait for the grant. */
  ask(by: LockManager, options?: LockOptions, name?: string): Ask
  /** Asks for a lock, and waits until the request has taken effect for every client. */
  asked(by: LockManager, options?: LockOptions, name?: string): Promise<Ask>
  /** The view of a name in a snapshot of this client. */
  see(viewer: LockManager, name?: string): Promise<View>
}

export const SHARED: LockOptions = { mode: 'shared' }
export const STEAL: LockOptions = { steal: true }
export const IF_AVAILABLE: LockOptions = { ifAvailable: true }
export const NOTHING: View = { held: [], pending: [] }

export async function stage(world: World): Promise<Stage> {
  const labels = new Map<string, string>()
  const name = world.uniqueName()
  const join = async (label: string): Promise<LockManager> => {
    const manager = await world.client()
    labels.set(await idOf(world, manager), label)
    return manager
  }
  const show = ({ clientId = '', mode = 'exclusive' }: LockInfo): string =>
    `${labels.get(clientId) ?? `a stranger, ${clientId},`} ${mode}`
  const ask: Stage['ask'] = (by, options, of = name) => world.ask(by, of, options)
  return {
    world,
    a: await join('a'),
    b: await join('b'),
    name,
    join,
    ask,
    asked: async (by, options, of) => {
      const asked = ask(by, options, of)
      await by.query()
      return asked
    },
    see: async (viewer, of = name) => {
      const { held = [], pending = [] } = await viewer.query()
      const shown = (infos: LockInfo[]): string[] => infos.filter((info) => info.name === of).map(show)
      return { held: shown(held).sort(), pending: shown(pending) }
    },
  }
}

/** The `clientId` of a client in snapshots. */
export async function idOf(world: World, manager: LockManager): Promise<string> {
  const name = world.uniqueName()
  const { held = [] } = await manager.request(name, () => manager.query())
  const { clientId } = held.find((info) => info.name === name) ?? {}
  if (clientId === undefined) throw new Error('a lock is not shown while its callback runs')
  return clientId
}

/** Calls `request` with any arguments. */
export function requestWith(manager: LockManager, ...args: readonly unknown[]): Promise<unknown> {
  const loose = manager as unknown as { request(...args: readonly unknown[]): Promise<unknown> }
  return loose.request(...args)
}

/** The error of an end. Fails if the end has none. */
export async function errorOf(end: Promise<Ending>): Promise<unknown> {
  const ended = await end
  expect(ended, 'an end with an error').toHaveProperty('error')
  return 'error' in ended ? ended.error : undefined
}

/** Expects an end with a `DOMException` of this name. */
export async function expectException(end: Promise<Ending>, name: string): Promise<void> {
  const error = await errorOf(end)
  expect(error).toBeInstanceOf(DOMException)
  expect((error as DOMException).name).toBe(name)
}

export const expectStolen = (asked: Ask): Promise<void> => expectException(asked.ended, 'AbortError')
