import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { World } from './case.js'
import { histories, type History } from './history.js'
import { begin, type Play, type Requested, take } from './play.js'
import { modelOrigin } from './spec-model.js'
import { openModel, type OpenOrigin, type TimeLimit, limitOfTurns, runCase } from './world.js'

/** The state that can be seen after a step. */
interface Moment {
  /** The snapshot of each client. */
  readonly views: readonly View[]
  /** The fate of each request. */
  readonly fates: readonly string[]
  /** For each client its requests, in the order in which their callbacks were called. */
  readonly calls: readonly (readonly number[])[]
}

/** For each name the holders, and the waiters in their order. */
type View = Readonly<Record<string, { readonly held: readonly string[]; readonly pending: readonly string[] }>>

/** More turns of the event loop than the model needs for anything. */
const TURNS = 20_000
const SETTLED_TURNS = 40

/** A history, and whether the order of the callbacks of a client is compared. */
interface Plan {
  readonly history: History
  readonly isOrdered: boolean
}

/**
 * Plays random histories to the model and to the clients that `open` makes, and expects that after every step the same
 * is seen of both. Each step is settled before the next is taken, so that there is one right answer.
 *
 * With `isOrdered: false` the order of the callbacks is left out. A store at a distance may let several waiters in
 * together, on one name or on several, and a waiter may learn of it later than another: by a message, or by asking.
 */
export async function expectSameAsModel(
  open: () => Promise<OpenOrigin>,
  newLimit: () => TimeLimit,
  { isOrdered = true, ...parameters }: fc.Parameters<[History]> & { readonly isOrdered?: boolean } = {},
): Promise<void> {
  const property = fc.asyncProperty(histories, async (history) => {
    const plan = { history, isOrdered }
    const moments = await momentsOfModel(plan)
    const run = (world: World): Promise<void> => compare(world, plan, moments)
    await runCase({ id: 'random', title: 'a random history', run }, open, newLimit)
  })
  await fc.assert(property, parameters)
}

async function momentsOfModel({ history, isOrdered }: Plan): Promise<Moment[]> {
  const moments: Moment[] = []
  const run = async (world: World): Promise<void> => {
    const play = await begin(world, history)
    for (const step of history.steps) {
      const by = await take(play, step, moments.at(-1)?.fates ?? [])
      const views = await look(play, by)
      for (let turn = 0, { pause } = limitOfTurns(0); turn < SETTLED_TURNS; turn++) await pause()
      moments.push({ views, ...outcomes(play, isOrdered) })
    }
  }
  await runCase({ id: 'model', title: 'a history of the model', run }, openModel(modelOrigin()), () =>
    limitOfTurns(TURNS),
  )
  return moments
}

async function compare(world: World, { history, isOrdered }: Plan, moments: readonly Moment[]): Promise<void> {
  const play = await begin(world, history)
  for (const [i, step] of history.steps.entries()) {
    const by = await take(play, step, moments[i - 1]?.fates ?? [])
    const said = `step ${i}: ${JSON.stringify(step)}`
    expect(await look(play, by), said).toEqual(moments[i]?.views)
    // A client learns of the end of its request a moment after a snapshot shows it.
    const { fates, calls } = moments[i] as Moment
    const isSame = (): boolean => String(outcomes(play, isOrdered).fates) === String(fates)
    await world.until(isSame, said).catch(() => {})
    expect(outcomes(play, isOrdered), said).toEqual({ fates, calls })
  }
}

function outcomes({ requests, calls }: Play, isOrdered: boolean): Omit<Moment, 'views'> {
  const byPlace = (one: number, other: number): number => one - other
  return {
    fates: requests.map(fateOf),
    calls: calls.map((each) => (isOrdered ? [...each] : each.toSorted(byPlace))),
  }
}

/** The snapshot of each client, that of `first` in front: for this client the step is known to have taken effect. */
async function look({ clients, labels, names }: Play, first: LockManager): Promise<View[]> {
  const views: View[] = []
  const show = ({ clientId = '', mode }: LockInfo): string =>
    `${labels.get(clientId) ?? clientId} ${mode ?? 'without a mode'}`
  for (const viewer of [first, ...clients]) {
    const { held = [], pending = [] } = await viewer.query()
    const of = (infos: readonly LockInfo[], name: string): string[] =>
      infos.filter((info) => info.name === name).map(show)
    const entries = names.map((name) => [name, { held: of(held, name).sort(), pending: of(pending, name) }] as const)
    views.push(Object.fromEntries(entries))
  }
  return views
}

function fateOf({ asked: { calls }, end }: Requested): string {
  const called = calls.map((lock) => (lock === null ? 'called without' : `called with ${lock.mode}`))
  return [...called, end].filter((each) => each !== '').join(', ') || 'waits'
}
