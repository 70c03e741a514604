import { describe, expect, it } from 'vitest'
import type { Claim } from '@holdfast/core'
import { createCallMaker } from '../src/histories/generate-calls.js'
import { createGuess } from '../src/histories/guess.js'
import { judge } from '../src/histories/judge.js'
import type { Answer, Call, Operation } from '../src/histories/operation.js'
import type { Profile } from '../src/histories/plan.js'
import { random } from '../src/suite/random.js'

const TERMS = { fencing: false, line: true, precision: { earlyMs: 10, lateMs: 10 } }

/** Calls that follow each other, a millisecond apart, as [call, answer]. */
const inTurn = (calls: readonly (readonly [Call, Answer])[]): readonly Operation[] =>
  calls.map(([call, answer], at) => {
    return { call, answer, handle: 0, calledAt: 2 * at, answeredAt: 2 * at + 1, from: at, to: at }
  })

const shared = (owner: string, more: Partial<Claim> = {}): Claim => {
  return { name: 'n', owner, ttlMs: 60_000, mode: 'shared', limit: Infinity, ...more }
}
const acquired: Answer = { verb: 'acquire', outcome: { acquired: true, validMs: 1_000, fence: null } }
const refused = (ahead: number | null): Answer => {
  return { verb: 'acquire', outcome: { acquired: false, retryAfterMs: null, ahead } }
}
const extended: Answer = { verb: 'extend', outcome: { status: 'extended', validMs: 1_000, fence: null } }
const seen = (owners: readonly string[], waiting: number, remainingMs = 60_000): Answer => {
  const holders = owners.map((owner) => ({ owner, remainingMs, fence: null }))
  return { verb: 'inspect', outcome: { name: 'n', mode: 'shared', holders, waiting } }
}
const inspect: Call = { verb: 'inspect', name: 'n' }
const acquire = (claim: Claim): Call => ({ verb: 'acquire', claim })
const release = (owner: string): Call => ({ verb: 'release', ownership: { name: 'n', owner } })
const extend = (claim: Claim): Call => ({ verb: 'extend', claim })

/** "b" waits alone, and then with others: the store may admit it at once or at its next claim. */
const asksForLess: readonly (readonly [Call, Answer])[] = [
  [acquire(shared('a')), acquired],
  [acquire(shared('b', { limit: 1, lineMs: 60_000 })), refused(0)],
  [acquire(shared('b', { lineMs: 60_000 })), refused(0)],
]

describe('the model of the random histories', () => {
  // A transaction reads the clock, is held up, and then commits: the name is free in between, and the ttl began before.
  it.each([
    ['while the call that takes it was under way', 900, true],
    ['before the call that takes it', 870, false],
  ] as const)('counts a lease from a moment %s', (_, remainingMs, explained) => {
    const holders = [{ owner: 'a', remainingMs, fence: null }]
    const shown: Answer = { verb: 'inspect', outcome: { name: 'n', mode: 'exclusive', holders, waiting: 0 } }
    const at = (from: number, to: number): Omit<Operation, 'call' | 'answer'> => {
      return { handle: 0, calledAt: from, answeredAt: to, from, to }
    }
    const claim: Claim = { name: 'n', owner: 'a', ttlMs: 1_000, mode: 'exclusive', limit: 1 }
    const history: readonly Operation[] = [
      { ...at(0, 100), call: acquire(claim), answer: acquired },
      { ...at(50, 60), call: inspect, answer: { verb: 'inspect', outcome: null } },
      { ...at(101, 102), call: inspect, answer: shown },
    ]
    expect(judge(history, TERMS) === null).toBe(explained)
  })

  it.each([
    ['stays in line while another holder extends', [[extend(shared('a')), extended]], [['a'], 1]],
    ['is admitted when another holder extends', [[extend(shared('a')), extended]], [['a', 'b'], 0]],
    ['stays in line while others claim', [[acquire(shared('c', { mode: 'exclusive' })), refused(null)]], [['a'], 1]],
    ['is admitted when others claim', [[acquire(shared('c', { mode: 'exclusive' })), refused(null)]], [['a', 'b'], 0]],
    ['is admitted by its own release', [[release('b'), { verb: 'release', outcome: 'released' }]], [['a'], 0]],
    ['gives up its place by its own release', [[release('b'), { verb: 'release', outcome: 'not-held' }]], [['a'], 0]],
  ] as const)('explains that a waiter that asks for less %s', (_, calls, [owners, waiting]) => {
    expect(judge(inTurn([...asksForLess, ...calls, [inspect, seen(owners, waiting)]]), TERMS)).toBeNull()
  })

  it('explains no overtaking of that waiter', () => {
    const overtaken = [[acquire(shared('c')), acquired] as const, [inspect, seen(['a', 'c'], 1)] as const]
    expect(judge(inTurn([...asksForLess, ...overtaken]), TERMS)).not.toBeNull()
  })

  it('explains no downgrade that leaves a reader at the head of the line', () => {
    const calls: readonly (readonly [Call, Answer])[] = [
      [acquire(shared('a', { mode: 'exclusive' })), acquired],
      [acquire(shared('b', { lineMs: 60_000 })), refused(0)],
      [extend(shared('a')), extended],
      [inspect, seen(['a'], 1)],
    ]
    expect(judge(inTurn(calls), TERMS)?.problem.rule).toBe('inspection')
  })

  // "a" and "c" share the name, "b" waits to share it with one other owner, and the lease of "a" ends.
  it.each([
    ['leaves the line to the waiter', { mode: 'exclusive' }, refused(null), [['c'], 1], true],
    ['moves the line on', { mode: 'exclusive' }, refused(null), [['c', 'b'], 0], true],
    ['waits, and does not move the line on', { mode: 'exclusive', lineMs: 60_000 }, refused(1), [['c'], 2], false],
    ['waits, and moves the line on', { mode: 'exclusive', lineMs: 60_000 }, refused(0), [['c', 'b'], 1], true],
    ['fits, and does not move the line on', { limit: 3 }, refused(null), [['c'], 1], false],
  ] as const)('judges that a claim after an expiry %s', (_, claim, answer, [owners, waiting], explained) => {
    const history = [
      [
        acquire(shared('a', { ttlMs: 100 })),
        { verb: 'acquire', outcome: { acquired: true, validMs: 100, fence: null } },
      ],
      [acquire(shared('c')), acquired],
      [acquire(shared('b', { limit: 2, lineMs: 60_000 })), refused(0)],
      [acquire(shared('d', claim)), answer],
      [inspect, seen(owners, waiting, 59_500)],
    ] as const
    const late = (ms: number, index: number): number => (index < 3 ? ms : ms + 500)
    const operations = inTurn(history).map((one, index) => {
      const [calledAt, answeredAt] = [late(one.calledAt, index), late(one.answeredAt, index)]
      return { ...one, calledAt, answeredAt, from: late(one.from, index), to: late(one.to, index) }
    })
    expect(judge(operations, TERMS) === null).toBe(explained)
  })
})

describe('random calls', () => {
  it('never ask a shared owner to extend exclusively, not even by calls of the same time', () => {
    const profile: Profile = {
      ...{ shared: true, fences: true, line: true, list: false },
      ...{ length: 30, names: 2, owners: 4, unit: 1, edgeMs: 1, longestMs: Infinity },
    }
    for (let seed = 0; seed < 300; seed++) {
      const maker = createCallMaker(profile, random(seed), createGuess(profile))
      for (let turn = 0; turn < 10; turn++) {
        const claims = maker.calls().flatMap((call) => {
          if (call.verb === 'acquire') return [{ ...call.claim, extends: false }]
          return call.verb === 'extend' ? call.claims.map((claim) => ({ ...claim, extends: true })) : []
        })
        const wrong = claims.filter(
          (claim) =>
            claim.extends &&
            claim.mode === 'exclusive' &&
            claims.some(({ name, owner, mode }) => name === claim.name && owner === claim.owner && mode === 'shared'),
        )
        expect(wrong).toEqual([])
      }
    }
  })
})
