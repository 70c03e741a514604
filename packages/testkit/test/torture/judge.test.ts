import { describe, expect, test } from 'vitest'
import { judgeHistory } from '../../src/torture/check/judge.js'
import type { TortureRule } from '../../src/torture/check/verdict.js'
import { pictureOf } from '../../src/torture/report/picture.js'
import { renderTorture } from '../../src/torture/report/render.js'
import { quietStory, type Story } from './story.js'

const [A, B, C] = ['a', 'b', 'c']

test('a history in which nothing is wrong passes', () => {
  const { verdict, violations, reasons, findings } = judgeHistory(quietStory().events())
  expect(violations).toEqual([])
  expect(reasons).toEqual([])
  expect(verdict).toBe('pass')
  for (const [rule, { judged }] of Object.entries(findings))
    if (rule !== 'errors' && rule !== 'held-too-long') expect(judged, rule).toBeGreaterThan(0)
})

/** The histories of wrong locks: each has to be found, by its rule and by no other. */
const WRONG: readonly (readonly [title: string, rule: TortureRule, tell: (story: Story) => void])[] = [
  [
    'two holders',
    'exclusion',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_100 })
      story.hold({ p: B, from: 30_050, to: 30_200 })
    },
  ],
  [
    'two holders in one process',
    'exclusion',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_100 })
      story.hold({ p: A, from: 30_050, to: 30_200 })
    },
  ],
  [
    'a holder within the time of another',
    'exclusion',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_500 })
      story.hold({ p: B, from: 30_100, to: 30_101 })
    },
  ],
  [
    'a reader beside a writer',
    'exclusion',
    (story) => {
      story.hold({ p: A, mode: 'shared', from: 30_000, to: 30_100 })
      story.hold({ p: B, from: 30_050, to: 30_200 })
    },
  ],
  [
    'a writer beside a reader',
    'exclusion',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_100 })
      story.hold({ p: B, mode: 'shared', from: 30_050, to: 30_200 })
    },
  ],
  [
    'two holders after a fault that loses nothing',
    'exclusion',
    (story) => {
      story.fault(30_010, 30_020, { loses: false })
      story.hold({ p: A, from: 30_000, to: 30_100 })
      story.hold({ p: B, from: 30_050, to: 30_200 })
    },
  ],
  [
    'a lease that is believed in for longer than its ttl after a flush',
    'exclusion',
    (story) => {
      story.fault(30_010, 30_020)
      story.hold({ p: A, ttlMs: 1_000, from: 30_000, to: 31_200 })
      story.hold({ p: B, from: 31_100, to: 31_300 })
    },
  ],
  [
    'a lease that was asked for after the flush and has company',
    'exclusion',
    (story) => {
      story.fault(30_010, 30_020)
      story.hold({ p: A, from: 30_030, to: 30_200 })
      story.hold({ p: B, from: 30_100, to: 30_300 })
    },
  ],
  [
    'two holders of a name, while another name is stolen',
    'exclusion',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_100 })
      story.hold({ p: C, name: 'other', steal: true, from: 30_020, to: 30_030 })
      story.hold({ p: B, from: 30_050, to: 30_200 })
    },
  ],
  [
    'four in a semaphore of three',
    'limit',
    (story) => {
      for (const at of [0, 10, 20, 30])
        story.hold({ p: A, mode: 'shared', limit: 3, from: 30_000 + at, to: 30_100 + at })
    },
  ],
  [
    'a later fence that is smaller',
    'fences',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_010, fence: 7 })
      story.hold({ p: B, from: 30_100, to: 30_110, fence: 6 })
    },
  ],
  [
    'one fence for two holders',
    'fences',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_010, fence: 7 })
      story.hold({ p: B, from: 30_020, to: 30_030, asked: 29_999, fence: 7 })
    },
  ],
  [
    'a smaller fence after many greater ones',
    'fences',
    (story) => {
      for (let turn = 0; turn < 9; turn++) story.hold({ p: A, from: 30_000 + turn * 20, to: 30_010 + turn * 20 })
      story.hold({ p: B, from: 30_500, to: 30_510, fence: 30_030 })
    },
  ],
  [
    'one fence for two holders after a flush',
    'fences',
    (story) => {
      story.fault(30_012, 30_014)
      story.hold({ p: A, from: 30_000, to: 30_010, fence: 7 })
      story.hold({ p: B, from: 30_020, to: 30_030, fence: 7 })
    },
  ],
  [
    'a stale write that is accepted',
    'stale-write',
    (story) => {
      const stale = story.hold({ p: A, from: 30_000, to: 30_010, fence: 7 })
      const next = story.hold({ p: B, from: 30_100, to: 30_110, fence: 8 })
      story.write(30_101, next, 8).write(30_102, stale, 7)
    },
  ],
  ['a waiter that never ends', 'ends', (story) => void story.call(30_000, undefined, { p: A, verb: 'acquire' })],
  ['a call that takes too long', 'ends', (story) => void story.call(30_000, 47_000, { p: A, verb: 'acquire' })],
  [
    'a lease that is not extended and held beyond its ttl',
    'held-too-long',
    (story) => void story.hold({ p: A, renew: false, ttlMs: 1_000, from: 30_000, to: 31_010 }),
  ],
  [
    'a lease that is held beyond maxHoldMs',
    'held-too-long',
    (story) => void story.hold({ p: A, maxHoldMs: 2_000, from: 30_000, to: 32_010 }),
  ],
  [
    'a loss that is not signalled',
    'loss-signal',
    (story) => void story.hold({ p: A, from: 30_000, to: 30_100, lostAt: 30_200 }),
  ],
  [
    'a loss that is signalled late',
    'loss-signal',
    (story) => void story.hold({ p: A, from: 30_000, to: 30_100, lostAt: 30_200, signalledAt: 32_300 }),
  ],
  [
    'a process that ends by itself',
    'process',
    (story) => void story.process(30_000, 'e', 'start').process(31_000, 'e', 'exit', 'exit code 1'),
  ],
  ['a secret in an error', 'secrets', (story) => void story.add(30_000, A, { type: 'leak', where: 'an error' })],
  [
    'an error of no documented kind',
    'errors',
    (story) => void story.call(30_000, 30_001, { p: A, verb: 'extend', code: 'stray:TypeError' }),
  ],
  [
    'a store in which an update was lost',
    'audit',
    (story) => void story.audit({ counts: { updates: 2 }, broken: ['two updates made one value'] }),
  ],
]

describe('a wrong lock is found', () => {
  test.each(WRONG)('%s', (_, rule, tell) => {
    const story = quietStory()
    tell(story)
    const { verdict, violations } = judgeHistory(story.events())
    expect([...new Set(violations.map((each) => each.rule))]).toEqual([rule])
    expect(verdict).toBe('fail')
  })
})

/** Histories that a right lock may leave behind. */
const RIGHT: readonly (readonly [title: string, tell: (story: Story) => void])[] = [
  [
    'the next holder comes when the last has released, before it hears of it',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_100 })
      story.hold({ p: B, from: 30_101, to: 30_200, asked: 30_010 })
    },
  ],
  [
    'a holder that was stopped, and looked at its lease only later',
    (story) => {
      story.process(30_050, A, 'stop').process(33_000, A, 'continue')
      story.hold({ p: A, from: 30_000, to: 30_040, lostAt: 33_001, signalledAt: 33_002 })
      story.hold({ p: B, from: 31_500, to: 32_000 })
    },
  ],
  [
    'a holder that was killed',
    (story) => {
      story.process(29_000, 'e', 'start').process(30_050, 'e', 'kill').process(30_051, 'e', 'exit', 'SIGKILL')
      story.hold({ p: 'e', from: 30_000, to: 30_040, released: false })
      story.call(30_045, undefined, { p: 'e', verb: 'acquire' })
      story.hold({ p: B, from: 31_500, to: 32_000 })
    },
  ],
  [
    'a lease that goes on in another process',
    (story) => {
      const first = story.hold({ p: A, from: 30_000, to: 30_040, released: false })
      story.call(30_041, 30_042, { p: A, verb: 'release', lease: first })
      story.hold({ p: B, verb: 'resume', group: first, from: 30_060, to: 30_100, fence: 30_000 })
      story.hold({ p: C, from: 30_110, to: 30_120 })
    },
  ],
  [
    'a reader within a writer',
    (story) => {
      const outer = story.hold({ p: A, from: 30_000, to: 30_100 })
      story.hold({ p: A, verb: 'within', mode: 'shared', group: outer, from: 30_010, to: 30_200, fence: 30_000 })
      story.hold({ p: B, mode: 'shared', from: 30_110, to: 30_150 })
    },
  ],
  [
    'a call that was stopped on its way',
    (story) =>
      void story
        .process(30_010, A, 'stop')
        .process(60_000, A, 'continue')
        .call(30_000, 60_100, { p: A, verb: 'acquire' }),
  ],
  [
    'a lease that was extended',
    (story) => {
      const lease = story.hold({ p: A, renew: false, ttlMs: 1_000, from: 30_000, to: 31_500 })
      story.call(30_900, 30_901, { p: A, verb: 'extend', lease })
    },
  ],
  [
    'a stale write that is refused',
    (story) => {
      const stale = story.hold({ p: A, from: 30_000, to: 30_010, fence: 7 })
      const next = story.hold({ p: B, from: 30_100, to: 30_110, fence: 8 })
      story.write(30_101, next, 8).write(30_102, stale, 7, { accepted: false })
    },
  ],
]

describe('what is right passes', () => {
  test.each(RIGHT)('%s', (_, tell) => {
    const story = quietStory()
    tell(story)
    const { verdict, violations } = judgeHistory(story.events())
    expect(violations).toEqual([])
    expect(verdict).toBe('pass')
  })
})

test('the history of an hour is judged: 400,000 events', () => {
  const story = quietStory()
  for (let t = 40_000; t < 440_000; t += 6) story.hold({ p: A, from: t, to: t + 2 })
  story.audit({ counts: { updates: 2 } })
  const { verdict, counts } = judgeHistory(story.events())
  expect([verdict, counts.audit['updates']]).toEqual(['pass', 2])
})

/** Histories that an assumption permits, which the report counts. */
const EXCUSED: readonly (readonly [title: string, rule: TortureRule, tell: (story: Story) => void])[] = [
  [
    'two holders after a flush, within a ttl',
    'exclusion',
    (story) => {
      story.fault(30_010, 30_020)
      story.hold({ p: A, ttlMs: 1_000, from: 30_000, to: 30_800 })
      story.hold({ p: B, from: 30_100, to: 30_300 })
    },
  ],
  [
    'a holder and a thief',
    'exclusion',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_800 })
      story.hold({ p: B, steal: true, from: 30_100, to: 30_300 })
    },
  ],
  [
    'a semaphore after a flush',
    'limit',
    (story) => {
      story.fault(30_025, 30_026)
      for (const at of [0, 10, 20, 30])
        story.hold({ p: A, mode: 'shared', limit: 3, from: 30_000 + at, to: 30_100 + at })
    },
  ],
  [
    'a further handle, made after a flush, on a hold that was asked for before it',
    'exclusion',
    (story) => {
      const outer = story.fault(29_990, 30_005).hold({ p: A, from: 30_000, to: 30_040 })
      story.hold({ p: A, verb: 'within', group: outer, asked: 30_015, from: 30_016, to: 30_200, fence: 30_000 })
      story.hold({ p: B, from: 30_050, to: 30_100 })
    },
  ],
  [
    'a hold that is handed on with a reserved fence after a theft',
    'fences',
    (story) => {
      story.hold({ p: A, from: 30_000, to: 30_100, fence: 7 })
      story.hold({ p: B, steal: true, from: 30_050, to: 30_060, fence: 9 })
      story.hold({ p: A, from: 30_102, to: 30_120, fence: 8 })
    },
  ],
]

describe('what an assumption permits is counted', () => {
  test.each(EXCUSED)('%s', (_, rule, tell) => {
    const story = quietStory()
    tell(story)
    const { verdict, violations, findings } = judgeHistory(story.events())
    expect(violations).toEqual([])
    expect(findings[rule].excused).toBeGreaterThan(0)
    expect(verdict).toBe('pass')
  })
})

describe('what proves nothing is inconclusive', () => {
  test('a store in which too little was seen', () => {
    const story = quietStory().audit({ missing: ['two rows are too few'] })
    const { verdict, reasons } = judgeHistory(story.events())
    expect([verdict, reasons]).toEqual(['inconclusive', ['two rows are too few']])
  })

  test('writes that depend on a lease, of which none was refused', () => {
    const story = quietStory().call(30_000, 30_001, { p: A, verb: 'guardedWrite' })
    expect(judgeHistory(story.events()).reasons).toEqual(['no guarded write was refused'])
    story.call(30_002, 30_003, { p: A, verb: 'guardedWrite', outcome: 'lost' })
    const { verdict, counts } = judgeHistory(story.events())
    expect([verdict, counts.guardedWrites, counts.guardedWritesLost]).toEqual(['pass', 1, 1])
  })

  test('an empty history', () => {
    expect(judgeHistory([]).verdict).toBe('inconclusive')
  })

  test('a history in which nothing was killed', () => {
    const events = quietStory().events()
    const calm = events.filter((event) => !(event.type === 'process' && event.what === 'kill'))
    expect(judgeHistory(calm.filter(({ p }) => p !== 'd')).reasons).toContain('no process was killed')
  })

  test('a fault that never struck', () => {
    const story = quietStory()
    for (const at of [30_000, 31_000, 32_000]) story.fault(at, at + 100, { fired: 0 })
    const { verdict, reasons } = judgeHistory(story.events())
    expect([verdict, reasons]).toEqual(['inconclusive', ['the fault a fault was done 3 times and never struck']])
  })
})

test('errors are counted by their codes and those of their causes', () => {
  const story = quietStory()
  for (const at of [30_000, 30_010])
    story.call(at, at + 1, { p: A, verb: 'acquire', code: 'LOCK_BACKEND', causes: ['57P01'] })
  const events = story.events()
  const verdict = judgeHistory(events)
  expect(verdict.counts.errors).toEqual({ 'LOCK_BACKEND 57P01': 2 })
  expect(renderTorture(verdict, events)).toContain('errors by code and cause: LOCK_BACKEND 57P01 2')
  expect(renderTorture(verdict, events)).toContain('in the store itself: rows of a table 3')
})

describe('the report', () => {
  const story = quietStory()
  story.hold({ p: A, from: 30_000, to: 30_100, fence: 7 })
  story.hold({ p: B, from: 30_050, to: 30_200, fence: 8 })
  story.fault(30_060, 30_070, { loses: false })
  const events = story.events()
  const verdict = judgeHistory(events)

  test('shows each lease in a lane, and what happened in words', () => {
    const [violation] = verdict.violations
    if (violation === undefined) throw new Error('a violation is wanted')
    const picture = pictureOf(events, violation)
    expect(picture).toMatch(/exclusive +\| *\.?#+<? *\|/)
    expect(picture).toContain('a fault')
    expect(picture).toContain('fence 8')
  })

  test('names the rule, what was judged, how much happened, and what was assumed', () => {
    const text = renderTorture(verdict, events)
    expect(text).toContain('BROKEN: exclusion, 1 times. No two leases on a name are held at the same time')
    expect(text).toMatch(/exclusion +\d+ times, 1 broken/)
    expect(text).toMatch(/calls \d+, grants \d+, contended \d+/)
    expect(text).toContain('What was assumed:')
    expect(text.trimEnd()).toMatch(/verdict: fail$/)
  })
})
