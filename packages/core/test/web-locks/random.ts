import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Ask, World } from './case.js'
import { histories, type History, type Step } from './history.js'
import { modelOrigin } from './spec-model.js'
import { idOf } from './stage.js'
import { openModel, type OpenOrigin, type Patience, patientForTurns, runCase } from './world.js'

/** What can be seen after a step: what every client is shown, and what has become of every request. */
interface Moment {
  readonly views: readonly View[]
  readonly fates: readonly string[]
}

/** For each name its holders, and in their order those who wait. */
type View = Readonly<Record<string, { readonly held: readonly string[]; readonly pending: readonly string[] }>>

/** A history under way. */
interface Play {
  readonly world: World
  readonly clients: readonly LockManager[]
  readonly labels: ReadonlyMap<string, string>
  readonly names: readonly string[]
  readonly requests: Requested[]
}

interface Requested {
  readonly by: LockManager
  readonly asked: Ask
  readonly controller: AbortController | undefined
  isDone: boolean
  end: string
}

/** More turns of the event loop than the model needs for anything. */
const TURNS = 20_000
const SETTLED_TURNS = 20

/**
 * Plays random histories to the model and to the clients that `open` makes, and expects that after every step the same
 * is seen of both. Each step is settled before the next is taken, so that there is one right answer.
 */
export async function expectSameAsModel(
  open: () => Promise<OpenOrigin>,
  patience: () => Patience,
  parameters: fc.Parameters<[History]> = {},
): Promise<void> {
  const property = fc.asyncProperty(histories, async (history) => {
    const moments = await momentsOfModel(history)
    const run = (world: World): Promise<void> => compare(world, history, moments)
    await runCase({ id: 'random', title: 'a random history', run }, open, patience)
  })
  await fc.assert(property, parameters)
}

async function momentsOfModel(history: History): Promise<Moment[]> {
  const moments: Moment[] = []
  const run = async (world: World): Promise<void> => {
    const play = await begin(world, history)
    for (const step of history.steps) {
      const by = await take(play, step, moments.at(-1)?.fates ?? [])
      const views = await look(play, by)
      for (let turn = 0, { pause } = patientForTurns(0); turn < SETTLED_TURNS; turn++) await pause()
      moments.push({ views, fates: play.requests.map(fateOf) })
    }
  }
  await runCase({ id: 'model', title: 'a history of the model', run }, openModel(modelOrigin()), () =>
    patientForTurns(TURNS),
  )
  return moments
}

async function compare(world: World, history: History, moments: readonly Moment[]): Promise<void> {
  const play = await begin(world, history)
  const fates = (): string[] => play.requests.map(fateOf)
  for (const [i, step] of history.steps.entries()) {
    const by = await take(play, step, moments[i - 1]?.fates ?? [])
    const said = `step ${i}: ${JSON.stringify(step)}`
    expect(await look(play, by), said).toEqual(moments[i]?.views)
    // What happens to a request is told to its client a moment later than it can be seen.
    const expected = moments[i]?.fates
    await world
      .until(() => String(fates()) === String(expected), said)
      .catch(() => expect(fates(), said).toEqual(expected))
  }
}

async function begin(world: World, { clients: count, names }: History): Promise<Play> {
  const clients: LockManager[] = []
  const labels = new Map<string, string>()
  for (let i = 0; i < count; i++) {
    const client = await world.client()
    clients.push(client)
    labels.set(await idOf(world, client), `client ${i}`)
  }
  return { world, clients, labels, names: Array.from({ length: names }, () => world.uniqueName()), requests: [] }
}

/** Does what the step says, waits until it has taken effect, and answers by whom it was done. */
async function take(play: Play, step: Step, fates: readonly string[]): Promise<LockManager> {
  const { world, clients, names, requests } = play
  if (step.do === 'ask') {
    const by = clients[step.client % clients.length] as LockManager
    const controller = step.how === 'abortable' ? new AbortController() : undefined
    const options: LockOptions = {
      ifAvailable: step.how === 'ifAvailable',
      steal: step.how === 'steal',
      mode: step.how === 'steal' ? 'exclusive' : step.mode,
      ...(controller && { signal: controller.signal }),
    }
    const asked = world.ask(by, names[step.name % names.length] as string, options)
    const requested: Requested = { by, asked, controller, isDone: false, end: '' }
    requests.push(requested)
    void asked.ended.then(
      (end) => (requested.end = 'value' in end ? `ended with ${String(end.value)}` : nameOf(end.error)),
    )
    return by
  }
  const isMeant = ({ controller, isDone }: Requested, i: number): boolean =>
    step.do === 'abort' ? controller?.signal.aborted === false : !isDone && fates[i] !== 'waits'
  const candidates = requests.filter(isMeant)
  const meant = candidates[step.which % candidates.length]
  if (meant === undefined) return clients[0] as LockManager
  const place = requests.indexOf(meant)
  if (step.do === 'abort') {
    meant.controller?.abort(`abort ${place}`)
  } else {
    meant.isDone = true
    if (step.do === 'release') meant.asked.release(place)
    else meant.asked.fail(`failure ${place}`)
    // Then its release has landed. Of who was stolen from, whose callback ends in vain, it says nothing.
    await meant.asked.ended
    if (fates[place]?.includes('rejected') !== true) return meant.by
  }
  await meant.by.query()
  return meant.by
}

/** What each client is shown, first the one to whom the step is known to have taken effect. */
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

const nameOf = (error: unknown): string =>
  error instanceof DOMException ? `rejected with a DOMException, ${error.name}` : `rejected with ${String(error)}`
