import type { Ask, World } from './case.js'
import { type Action, type History, SIGNALS, type Step } from './history.js'
import { idOf } from './stage.js'

/** A history that is being played. */
export interface Play {
  readonly world: World
  readonly clients: readonly LockManager[]
  readonly labels: ReadonlyMap<string, string>
  readonly names: readonly string[]
  readonly requests: Requested[]
  /** The controllers of the signals that have not aborted. */
  readonly controllers: AbortController[]
  /** For each client its requests, in the order in which their callbacks were called. */
  readonly calls: readonly number[][]
}

export interface Requested {
  readonly by: LockManager
  readonly asked: Ask
  readonly signal: AbortSignal | undefined
  isDone: boolean
  end: string
}

type AskAction = Extract<Action, { readonly do: 'ask' }>

export async function begin(world: World, { clients: count, names }: History): Promise<Play> {
  const clients: LockManager[] = []
  const labels = new Map<string, string>()
  for (let i = 0; i < count; i++) {
    const client = await world.client()
    clients.push(client)
    labels.set(await idOf(world, client), `client ${i}`)
  }
  const controllers = Array.from({ length: SIGNALS }, () => new AbortController())
  return { world, clients, labels, names, requests: [], controllers, calls: clients.map(() => []) }
}

/**
 * Takes a step, waits until its effects have landed, and answers a client to which a snapshot shows all of them.
 * @param fates of the requests before the step.
 */
export async function take(play: Play, step: Step, fates: readonly string[]): Promise<LockManager> {
  const [first] = play.clients as [LockManager]
  if (step.do === 'ask') return askFor(play, step)
  const by = step.do === 'tick' ? clientOf(play, step.client) : undefined
  const aborted: Requested[] = []
  const ended: Requested[] = []
  for (const action of step.do === 'tick' ? step.actions : [step]) {
    if (action.do === 'ask') askFor(play, action, by)
    else if (action.do !== 'abort') ended.push(...endCallback(play, action, fates, by))
    else if (by === undefined || aborted.length === 0) aborted.push(...abort(play, action, fates, by))
  }
  // A request that settles has released its lock, unless it was rejected before its callback ended.
  await Promise.all(ended.map(({ asked }) => asked.ended))
  const touched = new Set([...ended, ...aborted].map((requested) => requested.by))
  for (const client of touched) await client.query()
  // If several requests are aborted, the abort of one may grant another for a moment.
  if (aborted.length > 0) for (const client of touched) await client.query()
  return by ?? ended[0]?.by ?? aborted[0]?.by ?? first
}

const clientOf = ({ clients }: Play, client: number): LockManager => clients[client % clients.length] as LockManager

function askFor(play: Play, action: AskAction, by: LockManager = clientOf(play, action.client)): LockManager {
  const { world, clients, names, requests, controllers, calls } = play
  const { how, mode } = action
  const signal = how === 'abortable' ? controllers[action.signal]?.signal : undefined
  const options: LockOptions = {
    ifAvailable: how === 'ifAvailable',
    steal: how === 'steal',
    mode: how === 'steal' ? 'exclusive' : mode,
    ...(signal && { signal }),
  }
  const place = requests.length
  const called = (): unknown => calls[clients.indexOf(by)]?.push(place)
  const asked = world.ask(recording(by, called), names[action.name % names.length] as string, options)
  const requested: Requested = { by, asked, signal, isDone: false, end: '' }
  requests.push(requested)
  void asked.ended.then(
    (end) => (requested.end = 'value' in end ? `ended with ${String(end.value)}` : nameOf(end.error)),
  )
  return by
}

/** A manager that calls `called` before each callback. */
function recording(by: LockManager, called: () => void): LockManager {
  const request = (name: string, options: LockOptions, callback: LockGrantedCallback<unknown>): Promise<unknown> =>
    by.request(name, options, (lock) => {
      called()
      return callback(lock)
    })
  return { request, query: () => by.query() } as LockManager
}

/** Aborts a signal, and answers the waiting requests that have it. */
function abort(
  { controllers, requests }: Play,
  { signal: which }: Extract<Action, { readonly do: 'abort' }>,
  fates: readonly string[],
  by?: LockManager,
): readonly Requested[] {
  const controller = controllers[which] as AbortController
  const waiting = requests.filter(({ signal }, i) => signal === controller.signal && (fates[i] ?? 'waits') === 'waits')
  // In one tick, several aborts would have several outcomes: two clients have no order, and a request may be granted
  // for a moment if it was made in this tick, or if the abort of another request admits it.
  const isAmbiguous = (requested: Requested): boolean =>
    requested.by !== by || requests.indexOf(requested) >= fates.length
  if (by !== undefined && (waiting.length > 1 || waiting.some(isAmbiguous))) return []
  controllers[which] = new AbortController()
  controller.abort(`abort of ${waiting.map((each) => requests.indexOf(each)).join()}`)
  return waiting
}

/** Ends the callback of a request that was called before this step. */
function endCallback(
  { requests }: Play,
  action: Extract<Action, { readonly do: 'release' | 'fail' }>,
  fates: readonly string[],
  by?: LockManager,
): readonly Requested[] {
  const candidates = requests.filter(
    (each, i) => !each.isDone && i < fates.length && fates[i] !== 'waits' && (by === undefined || each.by === by),
  )
  const meant = candidates[action.which % candidates.length]
  if (meant === undefined) return []
  const place = requests.indexOf(meant)
  meant.isDone = true
  if (action.do === 'release') meant.asked.release(place)
  else meant.asked.fail(`failure ${place}`)
  return [meant]
}

const nameOf = (error: unknown): string =>
  error instanceof DOMException ? `rejected with a DOMException, ${error.name}` : `rejected with ${String(error)}`
