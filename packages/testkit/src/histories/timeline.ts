import { show } from '../suite/show.js'
import { nameOf, type Answer, type Call, type Operation } from './operation.js'

/** Writes a history as a table of short lines, in the order of the calls; the call that nothing explains is marked. */
export function timeline(operations: readonly Operation[], wrong: Operation): readonly string[] {
  const nickname = nicknames()
  const name = nameOf(wrong.call)
  const own = operations.filter(({ call }) => nameOf(call) === name).toSorted((a, b) => a.calledAt - b.calledAt)
  const [first] = own
  return own.map((one) => {
    const { call, answer, handle, from, to, aborted } = one
    const start = first?.from ?? 0
    const at = `${Math.round(from - start)}`
    const until =
      Math.round(to - start) === Math.round(from - start) || to === Infinity ? '' : `–${Math.round(to - start)}`
    const beside = own.some(
      (other) => other !== one && other.calledAt < one.answeredAt && one.calledAt < other.answeredAt,
    )
    const mark = one === wrong ? '>' : ' '
    const line = `${mark} ${`${at}${until} ms`.padEnd(14)} ${'ab'[handle]} ${beside ? '|' : ' '} ${written(call, nickname)}${aborted === true ? ', aborted' : ''}`
    return `${line.padEnd(70)} → ${answered(answer, nickname)}`
  })
}

type Nickname = (owner: string) => string

/** A, B, C in the order in which they appear. */
function nicknames(): Nickname {
  const known = new Map<string, string>()
  return (owner) => {
    const letter = known.get(owner) ?? String.fromCharCode(65 + (known.size % 26))
    known.set(owner, letter)
    return letter
  }
}

/** A call in words. */
export function written(call: Call, owner: Nickname): string {
  if (call.verb === 'release') {
    const { ownership } = call
    return `release ${owner(ownership.owner)}${ownership.keepMs === undefined ? '' : ` keepMs ${ownership.keepMs}`}`
  }
  if (call.verb === 'granted') return `notified of a grant to ${owner(call.owner)}`
  if (call.verb !== 'acquire' && call.verb !== 'extend') return call.verb
  const { claim } = call
  const words = [call.verb, owner(claim.owner), `ttl ${claim.ttlMs}`]
  if (claim.mode === 'shared') words.push(`shared${claim.limit === Infinity ? '' : ` limit ${claim.limit}`}`)
  if (claim.lineMs !== undefined) words.push(`line ${claim.lineMs}`)
  if (claim.fences !== undefined) words.push(`fences ${claim.fences}`)
  if (claim.steal === true) words.push('steal')
  return words.join(' ')
}

/** An answer in words. */
export function answered(answer: Answer, owner: Nickname): string {
  switch (answer.verb) {
    case 'acquire': {
      const { outcome } = answer
      if (outcome.acquired) return `acquired, fence ${outcome.fence}, valid ${Math.round(outcome.validMs)}`
      const place = outcome.ahead === null ? '' : `, ${outcome.ahead} ahead`
      return `refused${place}${outcome.retryAfterMs === null ? '' : `, retry after ${Math.round(outcome.retryAfterMs)}`}`
    }
    case 'extend': {
      const { outcome } = answer
      if (outcome.status !== 'extended') return outcome.status
      return `extended, valid ${Math.round(outcome.validMs)}${outcome.fence === null ? '' : `, fence ${outcome.fence}`}`
    }
    case 'inspect':
    case 'list': {
      const { outcome } = answer
      if (outcome === null) return 'nobody'
      const holders = outcome.holders.map(({ owner: holder, remainingMs, fence }) => {
        return `${owner(holder)} (${remainingMs === null ? 'for ever' : `${Math.round(remainingMs)} ms`}, fence ${fence})`
      })
      const line =
        outcome.line === undefined ? '' : `, line ${outcome.line.map((each) => owner(each.owner)).join(' ') || 'empty'}`
      return `${outcome.mode} ${holders.join(' ') || 'nobody'}, ${outcome.waiting} waiting${line}`
    }
    case 'granted':
      return `fence ${answer.fence}`
    case 'unknown':
      return `unknown: ${show(answer.error)}`
    case 'release':
    case 'evict':
    default:
      return show(answer.outcome)
  }
}
