import type { Inspection, LockBackend, Turn } from '@holdfast/core'
import type { World } from '../suite/world.js'
import { nameOf, type Answer, type Call, type Operation } from './operation.js'
import { callsOf, type Plan, type PlannedCall } from './plan.js'

/** The backends, the names and the owners of a history. */
export interface Stage {
  readonly world: World
  readonly names: readonly string[]
  readonly owners: readonly string[]
  /** Whether notifications are listened to. */
  readonly watching: boolean
}

const { setImmediate } = globalThis

/** Plays a plan on fresh names and answers everything that was asked and answered. */
export async function play(plan: Plan, stage: Stage): Promise<readonly Operation[]> {
  const { world } = stage
  const recorder = createRecorder(world)
  const handles = stage.watching ? [world.a, world.b] : []
  const watched = await Promise.all(handles.map((backend, index) => watch(backend, index as 0 | 1, recorder)))
  try {
    for (const action of plan) {
      if (action.type === 'pass') {
        await world.pass(action.ms)
        continue
      }
      const answers: Promise<void>[] = []
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
  } finally {
    await Promise.all(watched.map((unwatch) => unwatch()))
  }
  return recorder.operations()
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Recorder {
  readonly begin: () => { readonly calledAt: number; readonly from: number }
  readonly end: (
    begun: ReturnType<Recorder['begin']>,
    handle: 0 | 1,
    entries: readonly (readonly [Call, Answer])[],
  ) => void
  readonly turn: (turn: Turn, handle: 0 | 1) => void
  readonly operations: () => readonly Operation[]
}

function createRecorder({ now }: World): Recorder {
  const operations: Operation[] = []
  let moments = 0
  const end: Recorder['end'] = (begun, handle, entries) => {
    const answeredAt = moments++
    for (const [call, answer] of entries) operations.push({ ...begun, call, answer, handle, answeredAt, to: now() })
  }
  return {
    begin: () => ({ calledAt: moments++, from: now() }),
    end,
    turn: (turn, handle) => {
      if (turn.type !== 'turn' || turn.granted === undefined) return
      const { name, owner } = turn
      const asked = operations.find(
        ({ call }) => call.verb === 'acquire' && call.claim.owner === owner && nameOf(call) === name,
      )
      // A notification about an unknown name says nothing about this history.
      if (asked === undefined) return
      const { calledAt, from } = asked
      end({ calledAt, from }, handle, [
        [
          { verb: 'granted', name, owner },
          { verb: 'granted', fence: turn.granted.fence },
        ],
      ])
    },
    operations: () => operations,
  }
}

async function watch(backend: LockBackend, handle: 0 | 1, { turn }: Recorder): Promise<() => Promise<void>> {
  // Notifications are hints: without them, or without their end, the history is judged by the rest.
  const unwatch = await backend.watch?.((each) => turn(each, handle)).catch(() => undefined)
  return async () => unwatch?.().catch(() => undefined)
}

async function make(planned: PlannedCall, { world, names, owners }: Stage, recorder: Recorder): Promise<void> {
  const backend = planned.handle === 0 ? world.a : world.b
  const begun = recorder.begin()
  if (planned.verb === 'list') {
    const seen = new Map<string, Inspection>()
    for await (const each of backend.list?.() ?? []) seen.set(each.name, each)
    const entries = names.map((name): readonly [Call, Answer] => {
      return [
        { verb: 'list', name },
        { verb: 'list', outcome: seen.get(name) ?? null },
      ]
    })
    recorder.end(begun, planned.handle, entries)
    return
  }
  const calls = callsOf(
    planned,
    (index) => names[index] ?? '',
    (index) => owners[index] ?? '',
  )
  recorder.end(begun, planned.handle, await ask(backend, calls))
}

async function ask(backend: LockBackend, calls: readonly Call[]): Promise<readonly (readonly [Call, Answer])[]> {
  const [call] = calls
  switch (call?.verb) {
    case 'acquire':
      return [[call, { verb: 'acquire', outcome: await backend.acquire(call.claim) }]]
    case 'extend': {
      const outcomes = await backend.extend(calls.flatMap((each) => (each.verb === 'extend' ? [each.claim] : [])))
      return calls.map((each, index) => {
        const outcome = outcomes[index]
        return [each, outcome === undefined ? { verb: 'unknown', error: null } : { verb: 'extend', outcome }]
      })
    }
    case 'release':
      return [[call, { verb: 'release', outcome: await backend.release(call.ownership) }]]
    case 'inspect':
      return [[call, { verb: 'inspect', outcome: await backend.inspect(call.name) }]]
    case 'evict':
      return [[call, { verb: 'evict', outcome: await backend.evict(call.name) }]]
    case 'list':
    case 'granted':
    case undefined:
    default:
      return []
  }
}
