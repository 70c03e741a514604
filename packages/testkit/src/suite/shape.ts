import type { Capabilities } from '@holdfast/core'

/** The fault in the shape of an answer, in a few words, or `null`. */
export type ShapeProblem = string | null

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isDuration = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0

function fenceProblem(fence: unknown, { fencing }: Capabilities, mayBeNull: boolean): ShapeProblem {
  if (fence === null) return fencing && !mayBeNull ? 'the fence is a number' : null
  if (!fencing) return 'the fence is null without fencing'
  return Number.isSafeInteger(fence) && Number(fence) > 0 ? null : 'a fence is a positive safe integer'
}

function validProblem(validMs: unknown): ShapeProblem {
  return isDuration(validMs) && validMs !== 0 ? null : 'validMs is a positive number of milliseconds'
}

export function acquireShape(outcome: unknown, capabilities: Capabilities): ShapeProblem {
  if (!isObject(outcome)) return 'acquire answers an object'
  const { acquired, validMs, fence, retryAfterMs, ahead } = outcome
  if (acquired === true) return validProblem(validMs) ?? fenceProblem(fence, capabilities, false)
  if (acquired !== false) return 'acquired is true or false'
  if (retryAfterMs !== null && !isDuration(retryAfterMs)) return 'retryAfterMs is null or a number of milliseconds'
  return ahead === null || isCount(ahead) ? null : 'ahead is null or a count'
}

export function extendShape(outcomes: unknown, count: number, capabilities: Capabilities): ShapeProblem {
  if (!Array.isArray(outcomes) || outcomes.length !== count)
    return `extend of ${count} claims answers ${count} outcomes`
  for (const outcome of outcomes as unknown[]) {
    if (!isObject(outcome)) return 'each outcome is an object'
    const { status, validMs, fence } = outcome
    if (status === 'lost' || status === 'unknown') continue
    if (status !== 'extended') return "the status is 'extended', 'lost' or 'unknown'"
    const problem = validProblem(validMs) ?? fenceProblem(fence, capabilities, true)
    if (problem !== null) return problem
  }
  return null
}

export function releaseShape(outcome: unknown): ShapeProblem {
  return outcome === 'released' || outcome === 'not-held' ? null : "release answers 'released' or 'not-held'"
}

export function evictShape(outcome: unknown): ShapeProblem {
  return typeof outcome === 'boolean' ? null : 'evict answers true or false'
}

/** The fault of an answer of inspect, or of a piece of the list, which may show a name that is only waited for. */
export function inspectionShape(seen: unknown, capabilities: Capabilities, inList: boolean): ShapeProblem {
  if (!isObject(seen)) return 'an inspection is an object'
  const { name, mode, holders, waiting, line } = seen
  if (typeof name !== 'string') return 'an inspection has its name'
  if (mode !== 'exclusive' && mode !== 'shared') return "the mode is 'exclusive' or 'shared'"
  if (!Array.isArray(holders)) return 'holders is an array'
  if (holders.length === 0 && !inList) return 'inspect answers null when nobody holds the name'
  if (holders.length > 1 && mode === 'exclusive') return 'an exclusive lease has one holder'
  for (const holder of holders as unknown[]) {
    if (!isObject(holder) || typeof holder['owner'] !== 'string') return 'a holder has its owner'
    const { remainingMs, fence } = holder
    if (remainingMs !== null && !isDuration(remainingMs)) return 'remainingMs is null or a number of milliseconds'
    const problem = fenceProblem(fence, capabilities, true)
    if (problem !== null) return problem
  }
  if (!capabilities.line) return waiting === null && line === undefined ? null : 'waiting is null without a line'
  if (!isCount(waiting)) return 'waiting is a count'
  return line === undefined || (Array.isArray(line) && line.every(isWaiter))
    ? null
    : 'line holds owners with their modes'
}

function isWaiter(waiter: unknown): boolean {
  if (!isObject(waiter) || typeof waiter['owner'] !== 'string') return false
  return waiter['mode'] === 'exclusive' || waiter['mode'] === 'shared'
}

/** The fault of a notification. */
export function turnShape(turn: unknown, { fencing }: Capabilities): ShapeProblem {
  if (!isObject(turn)) return 'a notification is an object'
  const { type, name, owner, granted } = turn
  if (typeof name !== 'string') return 'a notification has the name'
  if (type === 'taken')
    return owner === null || typeof owner === 'string' ? null : "the owner of 'taken' is a string or null"
  if (type !== 'turn') return "the type of a notification is 'turn' or 'taken'"
  if (typeof owner !== 'string') return 'a turn has its owner'
  if (granted === undefined) return null
  if (!isObject(granted)) return 'granted is an object with the fence'
  return (granted['fence'] === null) === !fencing ? null : 'a granted turn has the fence of the grant'
}
