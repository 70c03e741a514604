import { type LockBackend, memoryBackend, memoryStore } from '@holdfast/core'
import { expect, test, vi } from 'vitest'
import { createConditions } from '../dist/conditions.js'
import type { Evidence } from '../dist/evidence.js'
import { drawTimeline } from '../dist/timeline.js'
import { runTasks } from '../dist/tasks.js'
import { judge } from '../dist/verdict.js'
import { faultyRun, ledgerRun } from './evidence.js'

const silent = { event: () => {}, status: () => {}, end: () => {} }
const LIMIT_MS = 30_000

// A run waits in real time, for as long as its conditions may.
vi.setConfig({ testTimeout: 2 * LIMIT_MS })

function failures(evidence: Evidence): string[] {
  return judge(evidence)
    .filter(({ ok }) => !ok)
    .map(({ text }) => text)
}

const storeOf = (newBackend: () => LockBackend) => ({ description: 'in memory', newBackend })

test('a lock passes', async () => {
  const store = memoryStore()
  const evidence = await runTasks(
    storeOf(() => memoryBackend({ store })),
    silent,
    createConditions(LIMIT_MS),
  )
  expect(failures(evidence)).toEqual([])
})

test('a lock that grants everyone is found out, by what it loses and by who overlaps', async () => {
  let fence = 0
  const open: LockBackend = {
    ...memoryBackend(),
    acquire: async ({ ttlMs }) => ({ acquired: true, validMs: ttlMs, fence: ++fence }),
    release: async () => 'released',
  }
  const found = await runTasks(
    storeOf(() => open),
    silent,
    createConditions(LIMIT_MS),
  ).then(failures, String)
  expect(found).toContainEqual(expect.stringMatching(/^lost updates: [1-9]/))
  expect(found).toContainEqual(expect.stringMatching(/^two holders at once: [1-9]/))
})

test('a run with a kill and a pause passes, and its timeline shows both', () => {
  expect(failures(faultyRun())).toEqual([])
  const rows = drawTimeline(faultyRun(), { from: 0, until: 4_000, width: 40 })
  expect(rows[2]).toMatch(/✗$/)
  expect(rows[3]).toMatch(/=+!/)
})

test.each<[what: string, expected: RegExp, spoil: (run: Evidence) => Partial<Evidence>]>([
  ['a lost update', /^lost updates: 1 /, ({ statement }) => ({ statement: { ...statement, counter: 29 } })],
  [
    'an update that nobody made',
    /^lost updates: -1 /,
    ({ statement }) => ({ statement: { ...statement, counter: 31 } }),
  ],
  ['two holders at once', /^two holders at once: 1 /, (run) => withTurn(run, 3, { endedAt: 45 })],
  ['a grant before the deadline of the dead', /^two holders/, (run) => withTurn(run, 10, { grantedAt: 999 })],
  ['a fence that does not rise', /did not rise/, (run) => withTurn(run, 3, { fence: 3 })],
  ['a refusal while held', /1 were refused/, (run) => withTurn(run, 9, { outcome: 'refused', newest: 11 })],
  ['nobody who takes over', /^nobody took over/, ({ turns }) => ({ turns: turns.slice(0, 10) })],
  ['a stale write that is accepted', /stale write was accepted/, (run) => withStaleEntry(run, true, 22)],
  ['a stale write that was not tried', /never tried/, (run) => withStaleEntry(run, false, 20)],
  ['a loss that was never told', /did not report/, ({ turns }) => ({ turns: turns.slice(0, -1) })],
  ['a loss that was told late', /reported the loss 9\.00 s after/, (run) => withTurn(run, 30, { lostAt: 12_500 })],
  ['no contention', /proved nothing/, ({ turns }) => ({ turns: turns.map((turn) => ({ ...turn, contended: false })) })],
])('%s is found out', (_, expected, spoil) => {
  const run = faultyRun()
  expect(failures({ ...run, ...spoil(run) })).toContainEqual(expect.stringMatching(expected))
})

test('a run with a ledger passes', () => {
  expect(failures(ledgerRun())).toEqual([])
})

test.each<[what: string, expected: RegExp, spoil: (run: Required<Evidence>) => Partial<Evidence>]>([
  ['a row that is missing', /the ledger has 29 rows.*30 were reported/, ({ ledger }) => ({ ledger: ledger.slice(1) })],
  ['a row that came late', /1 came late/, ({ ledger }) => ({ ledger: [...ledger.slice(1), ...ledger.slice(0, 1)] })],
  [
    'a stale transaction that was committed',
    /stale transaction of the stopped worker was committed/,
    ({ ledger }) => ({ ledger: [...ledger, { worker: 4, fence: 22 }] }),
  ],
  ['a stale transaction that was not tried', /never tried its stale/, ({ turns }) => ({ turns: turns.slice(0, -1) })],
])('on a ledger, %s is found out', (_, expected, spoil) => {
  const run = ledgerRun() as Required<Evidence>
  expect(failures({ ...run, ...spoil(run) })).toContainEqual(expect.stringMatching(expected))
})

function withTurn({ turns }: Evidence, index: number, change: object): Partial<Evidence> {
  return { turns: turns.map((turn, at) => (at === index ? { ...turn, ...change } : turn)) }
}

function withStaleEntry({ statement }: Evidence, accepted: boolean, fence: number): Partial<Evidence> {
  const { counter, entries } = statement
  const stale = { kind: 'register', worker: 4, fence, accepted, newest: 32 } as const
  return { statement: { counter, entries: [...entries.slice(0, -1), stale] } }
}
