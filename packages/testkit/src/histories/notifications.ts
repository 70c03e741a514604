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
  /** The calls between the looks, and all calls until then. */
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
    const past = operations.filter(
      ({ call, calledAt }) => nameOf(call) === name && ownerOf(call) !== undefined && calledAt < after.calledAt,
    )
    const calls = operations.filter(
      ({ call, calledAt }) =>
        nameOf(call) === name && calledAt > before.answeredAt && calledAt < after.calledAt && call.verb !== 'granted',
    )
    return [{ name, before, after, calls, past }]
  })
}

/** The owners in whose name nothing was called between the looks, and nothing before that may still be executed. */
const idle = ({ calls, past }: Change, owners: readonly string[]): readonly string[] => {
  const open = past.filter(({ answeredAt }) => answeredAt === Infinity)
  return owners.filter((owner) => ![...calls, ...open].some(({ call }) => ownerOf(call) === owner))
}

/** The waiters that hold the name now by no call of theirs. */
function grantedTo(change: Change): readonly string[] {
  const [before, after] = [holdersOf(change.before), holdersOf(change.after)]
  const fresh = [...after.keys()].filter((owner) => !before.has(owner))
  return idle(change, fresh).filter((owner) => {
    const last = lastCall(change, owner)
    return last?.call.verb === 'acquire' && last.call.claim.lineMs !== undefined
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

const lastCall = ({ past }: Change, owner: string): Operation | undefined =>
  past.findLast(({ call }) => ownerOf(call) === owner)

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
