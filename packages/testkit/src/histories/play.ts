import type { CallOptions, Inspection, LockBackend, Turn } from '@holdfast/core'
import type { World } from '../suite/world.js'
import { unheardOf, type Heard, type Looked } from './notifications.js'
import { nameOf, type Answer, type Call, type Operation } from './operation.js'
import { callsOf, type Action, type Plan, type PlannedCall } from './plan.js'

/** The backends, the names and the owners of a history. */
export interface Stage {
  readonly world: World
  readonly names: readonly string[]
  readonly owners: readonly string[]
  /** Whether notifications are listened to. */
  readonly watching: boolean
  /** Whether each name is looked at after each action, so that a notification that is missing shows. */
  readonly looking: boolean
}

const { setImmediate, setTimeout, performance } = globalThis

/** How long a notification may take. */
const HEARD_MS = 10_000
/** In virtual time, messages take turns of the event loop. */
const HEARD_TURNS = 50

/** Plays a plan on fresh names and answers everything that was asked, answered and heard. */
export async function play(plan: Plan, stage: Stage): Promise<Looked> {
  const { world } = stage
  const recorder = createRecorder(world)
  const handles = stage.watching ? [world.a, world.b] : []
  const watched = await Promise.all(handles.map((backend, index) => watch(backend, index as 0 | 1, recorder)))
  const looks: Operation[] = []
  const looked = (): Looked => ({ operations: recorder.operations(), looks, heard: recorder.heard() })
  try {
    for (const [index, action] of plan.entries()) {
      await act(action, stage, recorder)
      if (stage.looking) looks.push(...(await look(stage, recorder, (index % 2) as 0 | 1)))
    }
    if (stage.looking && watched.every(({ stands }) => stands())) await untilHeard(world, looked)
    else looks.length = 0
  } finally {
    await Promise.all(watched.map(({ unwatch }) => unwatch()))
  }
  return looked()
}

async function act(action: Action, stage: Stage, recorder: Recorder): Promise<void> {
  const { world } = stage
  if (action.type === 'pass') return world.pass(action.ms)
  const answers: Promise<unknown>[] = []
  for (const call of action.calls) {
    for (let turn = 0; turn < call.turns; turn++) await nextTurn()
    const answer = make(call, stage, recorder)
    // The answer is awaited below; until then its rejection must not be reported as unhandled.
    answer.catch(() => undefined)
    answers.push(answer)
  }
  if (action.meanwhileMs > 0) await world.pass(action.meanwhileMs)
  await Promise.all(answers)
}

async function look(stage: Stage, recorder: Recorder, handle: 0 | 1): Promise<readonly Operation[]> {
  const looks: Operation[] = []
  for (const name of stage.names.keys())
    looks.push(...(await make({ verb: 'inspect', name, handle, turns: 0 }, stage, recorder)))
  return looks
}

async function untilHeard({ exact }: World, looked: () => Looked): Promise<void> {
  const until = performance.now() + HEARD_MS
  for (let turn = 0; unheardOf(looked()) !== null; turn++) {
    if (exact ? turn >= HEARD_TURNS : performance.now() >= until) return
    await (exact ? nextTurn() : new Promise((resolve) => setTimeout(resolve, 10)))
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Recorder {
  readonly begin: (aborted: boolean) => Pick<Operation, 'calledAt' | 'from' | 'aborted'>
  readonly end: (
    begun: ReturnType<Recorder['begin']>,
    handle: 0 | 1,
    entries: readonly (readonly [Call, Answer])[],
  ) => readonly Operation[]
  readonly turn: (turn: Turn, handle: 0 | 1) => void
  readonly operations: () => readonly Operation[]
  readonly heard: () => readonly Heard[]
}

function createRecorder({ now }: World): Recorder {
  const operations: Operation[] = []
  const heard: Heard[] = []
  let moments = 0
  const end: Recorder['end'] = (begun, handle, entries) => {
    const answeredAt = moments++
    const ended = entries.map(([call, answer]): Operation => {
      // Nobody knows when a call of an unknown outcome is executed, if it is.
      const when =
        answer.verb === 'unknown' && begun.aborted === true
          ? { answeredAt: Infinity, to: Infinity }
          : { answeredAt, to: now() }
      return { ...begun, call, answer, handle, ...when }
    })
    operations.push(...ended)
    return ended
  }
  return {
    begin: (aborted) => ({ calledAt: moments++, from: now(), aborted }),
    end,
    turn: (turn, handle) => {
      heard.push({ turn, at: moments++ })
      if (turn.type !== 'turn' || turn.granted === undefined) return
      const { name, owner } = turn
      const asked = operations.find(
        ({ call }) => call.verb === 'acquire' && call.claim.owner === owner && nameOf(call) === name,
      )
      // A notification about an unknown name says nothing about this history.
      if (asked === undefined) return
      const { calledAt, from } = asked
      end({ calledAt, from, aborted: false }, handle, [
        [
          { verb: 'granted', name, owner },
          { verb: 'granted', fence: turn.granted.fence },
        ],
      ])
    },
    operations: () => operations,
    heard: () => heard,
  }
}

interface Watching {
  /** Notifications have arrived all the time. */
  readonly stands: () => boolean
  readonly unwatch: () => Promise<void>
}

async function watch(backend: LockBackend, handle: 0 | 1, { turn }: Recorder): Promise<Watching> {
  let stands = true
  const onStanding = (standing: boolean): void => void (stands &&= standing)
  // Notifications are hints: without them, or without their end, the history is judged by the rest.
  const unwatch = await backend.watch?.((each) => turn(each, handle), onStanding).catch(() => undefined)
  return {
    stands: () => stands && unwatch !== undefined,
    unwatch: async () => unwatch?.().catch(() => undefined),
  }
}

async function make(
  planned: PlannedCall,
  { world, names, owners }: Stage,
  recorder: Recorder,
): Promise<readonly Operation[]> {
  const backend = planned.handle === 0 ? world.a : world.b
  const { verb, handle, aborted } = planned
  const controller = new AbortController()
  const options = aborted === undefined ? undefined : { signal: controller.signal }
  if (aborted === 'before') controller.abort()
  const begun = recorder.begin(aborted !== undefined)
  const calls = callsOf(
    planned,
    (index) => names[index] ?? '',
    (index) => owners[index] ?? '',
  )
  const asked = verb === 'list' ? listed(backend, names, options) : ask(backend, calls, options)
  if (aborted === 'after') controller.abort()
  // Given up, a call may reject, whether it was executed or not.
  const answers =
    aborted === undefined ? asked : asked.catch((error: unknown) => calls.map((call) => unknownTo(call, error)))
  return recorder.end(begun, handle, await answers)
}

type Answered = readonly [Call, Answer]

const unknownTo = (call: Call, error: unknown): Answered => [call, { verb: 'unknown', error }]

async function listed(
  backend: LockBackend,
  names: readonly string[],
  options: CallOptions | undefined,
): Promise<readonly Answered[]> {
  const seen = new Map<string, Inspection>()
  for await (const each of backend.list?.(options) ?? []) seen.set(each.name, each)
  return names.map((name) => [
    { verb: 'list', name },
    { verb: 'list', outcome: seen.get(name) ?? null },
  ])
}

async function ask(
  backend: LockBackend,
  calls: readonly Call[],
  options: CallOptions | undefined,
): Promise<readonly Answered[]> {
  const [call] = calls
  switch (call?.verb) {
    case 'acquire':
      return [[call, { verb: 'acquire', outcome: await backend.acquire(call.claim, options) }]]
    case 'extend': {
      const outcomes = await backend.extend(
        calls.flatMap((each) => (each.verb === 'extend' ? [each.claim] : [])),
        options,
      )
      return calls.map((each, index) => {
        const outcome = outcomes[index]
        return [each, outcome === undefined ? { verb: 'unknown', error: null } : { verb: 'extend', outcome }]
      })
    }
    case 'release':
      return [[call, { verb: 'release', outcome: await backend.release(call.ownership, options) }]]
    case 'inspect':
      return [[call, { verb: 'inspect', outcome: await backend.inspect(call.name, options) }]]
    case 'evict':
      return [[call, { verb: 'evict', outcome: await backend.evict(call.name, options) }]]
    case 'list':
    case 'granted':
    case undefined:
    default:
      return []
  }
}
