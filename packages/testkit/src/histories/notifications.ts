import type { Turn } from '@holdfast/core'
import type { Unexplained } from './explain.js'
import { nameOf, type Call, type Operation } from './operation.js'

/** A notification, and its position in the order of all events that this process saw. */
export interface Heard {
  readonly turn: Turn
  readonly at: number
}

/** A history with looks at each name: inspections while no other call is under way, one after each action. */
export interface Looked {
  readonly operations: readonly Operation[]
  readonly looks: readonly Operation[]
  readonly heard: readonly Heard[]
}

/** Two looks at a name, one after the other, and the calls between them. */
interface Change {
  readonly name: string
  readonly before: Operation
  readonly after: Operation
  /** The calls on the name between the looks, and all calls in the name of an owner until then. */
  readonly calls: readonly Operation[]
  readonly past: readonly Operation[]
}

/** A lease that is as near to its end as this may have ended by itself. */
const NEAR_MS = 20

/**
 * The first notification that is missing: of a grant that the store made to a waiter, or of a lease that was taken by
 * force. An owner that made a call between the looks may know of either by the answer, so nothing is missing then.
 */
export function unheardOf({ operations, looks, heard }: Looked): Unexplained | null {
  const missing = changesOf(operations, looks).flatMap((change) => {
    // A call that was given up may be executed during a look, and its message overtake the answer.
    const since = heard.filter(({ at, turn }) => at > change.before.calledAt && turn.name === change.name)
    const has = (type: Turn['type'], owner: string): boolean =>
      since.some(({ turn }) => turn.type === type && (turn.owner === owner || turn.owner === null))
    return [
      ...grantedTo(change)
        .filter((owner) => !has('turn', owner))
        .map((owner) => unheard(change, `a notification to ${short(owner)} that its turn has come`)),
      ...takenFrom(change)
        .filter((owner) => !has('taken', owner))
        .map((owner) => unheard(change, `a notification to ${short(owner)} that the name was taken`)),
    ]
  })
  return missing[0] ?? null
}

function changesOf(operations: readonly Operation[], looks: readonly Operation[]): readonly Change[] {
  return looks.flatMap((after, index) => {
    const name = nameOf(after.call)
    const before = looks.slice(0, index).findLast((look) => nameOf(look.call) === name)
    if (before === undefined) return []
    const past = operations.filter(({ call, calledAt }) => ownerOf(call) !== undefined && calledAt < after.calledAt)
    const calls = operations.filter(
      ({ call, calledAt }) =>
        nameOf(call) === name && calledAt > before.answeredAt && calledAt < after.calledAt && call.verb !== 'granted',
    )
    return [{ name, before, after, calls, past }]
  })
}

/** The owners in whose name nothing was called between the looks, and nothing before that may still be executed. */
const idle = ({ name, calls, past }: Change, owners: readonly string[]): readonly string[] => {
  const open = past.filter(({ call, answeredAt }) => nameOf(call) === name && answeredAt === Infinity)
  return owners.filter((owner) => ![...calls, ...open].some(({ call }) => ownerOf(call) === owner))
}

/**
 * The waiters that hold the name now, and have called nothing since they began to wait. An owner is one acquisition of one
 * name: a backend may take a call about another name, or one at the same time, for the end of the waiting.
 */
function grantedTo(change: Change): readonly string[] {
  const [before, after] = [holdersOf(change.before), holdersOf(change.after)]
  const fresh = [...after.keys()].filter((owner) => !before.has(owner))
  return fresh.filter((owner) => {
    const last = lastCall(change, owner)
    if (last?.call.verb !== 'acquire' || last.call.claim.lineMs === undefined) return false
    if (last.answeredAt > change.before.calledAt) return false
    const own = change.past.filter(({ call }) => ownerOf(call) === owner)
    return own.every((one) => one === last || one.answeredAt < last.calledAt)
  })
}

/** The holders whose leases were taken from them, by an eviction or by a claim that steals. */
function takenFrom(change: Change): readonly string[] {
  const { calls } = change
  if (!calls.some(({ call, answer }) => tookByForce(call, answer))) return []
  const [before, after] = [holdersOf(change.before), holdersOf(change.after)]
  const elapsedMs = change.after.to - change.before.from
  const gone = [...before].filter(
    ([owner, remainingMs]) => !after.has(owner) && remainingMs !== null && remainingMs > elapsedMs + NEAR_MS,
  )
  const owners = gone.map(([owner]) => owner)
  // A name that is kept after its release has no holder that wants to know.
  return idle(change, owners).filter((owner) => lastCall(change, owner)?.call.verb !== 'release')
}

function tookByForce(call: Call, answer: Operation['answer']): boolean {
  if (call.verb === 'evict') return answer.verb === 'evict' && answer.outcome
  return call.verb === 'acquire' && call.claim.steal === true && answer.verb === 'acquire' && answer.outcome.acquired
}

const lastCall = ({ name, past }: Change, owner: string): Operation | undefined =>
  past
    .filter(({ call }) => nameOf(call) === name && ownerOf(call) === owner)
    .toSorted(byCall)
    .at(-1)

const byCall = (one: Operation, other: Operation): number => one.calledAt - other.calledAt

function holdersOf({ answer }: Operation): ReadonlyMap<string, number | null> {
  const holders = answer.verb === 'inspect' ? (answer.outcome?.holders ?? []) : []
  return new Map(holders.map(({ owner, remainingMs }) => [owner, remainingMs]))
}

function ownerOf(call: Call): string | undefined {
  if (call.verb === 'acquire' || call.verb === 'extend') return call.claim.owner
  return call.verb === 'release' ? call.ownership.owner : undefined
}

const short = (owner: string): string => (owner.length > 24 ? `${owner.slice(0, 20)}…` : owner)

function unheard({ after, past }: Change, expected: string): Unexplained {
  return { operation: after, problem: { rule: 'notification', expected }, explained: past.length }
}
