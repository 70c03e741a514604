import { type LockBackend, memoryBackend, memoryStore } from '@holdfast/core'
import { expect, test } from 'vitest'
import {
  type ConformanceCase,
  conformanceCases,
  type ConformanceTarget,
  runConformance,
  virtualClock,
} from '../src/index.js'
import { createCallLog, observe } from '../src/suite/observe.js'
import { CaseTimeout, LONGEST_CASE_MS, Unanswered, whileActive } from '../src/suite/limits.js'
import { createWorld, type World } from '../src/suite/world.js'

const LIMIT_MS = 200

/** Blocks this process, as a busy machine does. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test('a case that this process was held up in is not one without an answer', async () => {
  const log = createCallLog()
  const step = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const work = async (): Promise<string> => {
    await step()
    block(2 * LIMIT_MS)
    await step()
    log.active()
    await step()
    return 'done'
  }
  expect(await whileActive(LIMIT_MS, work(), { log })).toBe('done')
})

test('a case that goes on a moment after this process was held up is not one without an answer', async () => {
  const log = createCallLog()
  const work = async (): Promise<string> => {
    await new Promise((resolve) => setImmediate(resolve))
    block(2 * LIMIT_MS)
    await new Promise((resolve) => setTimeout(resolve, LIMIT_MS / 4))
    log.active()
    await new Promise((resolve) => setTimeout(resolve, LIMIT_MS / 4))
    return 'done'
  }
  expect(await whileActive(LIMIT_MS, work(), { log })).toBe('done')
})

test('a case in which no call is answered ends at its limit', async () => {
  await expect(whileActive(LIMIT_MS, new Promise(() => {}), { log: createCallLog() })).rejects.toThrow(CaseTimeout)
})

test.each([
  [0.1, 200],
  [1, 200],
  [3, 600],
])('with an effort of %d, a case that goes on and on ends after %i ms', async (effort, ms) => {
  const log = createCallLog()
  const answering = setInterval(log.active, 1)
  const run = whileActive(10, new Promise(() => {}), { log, effort })
  await expect(run.finally(() => clearInterval(answering))).rejects.toThrow(`no end within ${ms} ms`)
})

/** A target of two memory backends, whose calls `change` changes. */
function changed(change: (backend: LockBackend) => Partial<LockBackend>): ConformanceTarget {
  const clock = virtualClock()
  const open: ConformanceTarget['open'] = async () => {
    const store = memoryStore()
    const handle = (): LockBackend => {
      const backend = memoryBackend({ clock, store })
      return { ...backend, ...change(backend) }
    }
    return { backends: [handle(), handle()] }
  }
  return { name: 'changed', clock, open }
}

function pair(): readonly [LockBackend, LockBackend] {
  const store = memoryStore()
  return [memoryBackend({ store }), memoryBackend({ store })]
}

/** The cases whose ids begin so. */
const casesOf = (...groups: readonly string[]): typeof conformanceCases =>
  conformanceCases.filter(({ id }) => groups.some((group) => id.startsWith(`${group}/`)))

test('a case that lets time pass for longer than the limit is not one without an answer', async () => {
  const waits: ConformanceCase = {
    id: 'test/waits',
    title: 'a case that waits',
    run: async ({ a, name, pass }) => {
      await a.inspect(name)
      await pass(4 * LIMIT_MS)
      await a.inspect(name)
    },
  }
  const realTime = { name: 'memory', open: async () => ({ backends: pair() }) }
  expect((await runConformance(realTime, { cases: [waits], limitMs: LIMIT_MS })).failed).toEqual([])
})

test('a call that is not answered while its case lets time pass ends the case at the limit', async () => {
  const log = createCallLog()
  const [handle] = pair()
  void observe({ ...handle, inspect: () => new Promise(() => {}) }, 'a', log).inspect('name')
  const hanging = whileActive(LIMIT_MS, new Promise(() => {}), { log, waits: () => true })
  await expect(hanging).rejects.toThrow(Unanswered)
})

test('a backend that never answers costs the whole limit once, and not in each case', async () => {
  const limitMs = 4_000
  const hanging = changed(() => ({ acquire: () => new Promise(() => {}) }))
  const { failed } = await runConformance(hanging, { cases: casesOf('exclusion', 'release', 'eviction'), limitMs })
  const took = failed.filter(({ by }) => by === 'timeout').map(({ durationMs }) => durationMs)
  expect(took.length).toBeGreaterThan(6)
  expect(Math.min(...took.slice(1))).toBeLessThan(limitMs / 4)
})

test('after a call that was never answered, a slow call is still no failure', async () => {
  const later = async <T>(call: () => Promise<T>): Promise<T> => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return call()
  }
  const slow = changed((backend) => ({
    acquire: (claim) => later(() => backend.acquire(claim)),
    evict: (name) => (name.includes('eviction/nothing') ? new Promise(() => {}) : backend.evict(name)),
  }))
  const { failed, passed } = await runConformance(slow, { cases: casesOf('eviction', 'release'), limitMs: 1_500 })
  expect(failed.map(({ id, by }) => [id, by])).toEqual([['eviction/nothing', 'timeout']])
  expect(passed.length).toBeGreaterThan(3)
})

/** A world in which each pause takes `pauseMs`. */
function worldWithPauses(pauseMs: number): World {
  let nowMs = 0
  const pass = async (): Promise<void> => void (nowMs += pauseMs)
  const backend = memoryBackend()
  const options = { caseId: 'case', scale: 1, exact: false, seed: 1, effort: 1 }
  return createWorld({ backends: [backend, backend] }, { ...options, time: { now: () => nowMs, pass } })
}

test.each([
  ['quiet', 10, 900, true],
  ['quiet', 10, 1_100, false],
  ['busy', 1_000, 200, true],
  ['busy', 1_000, 300, false],
] as const)(
  'on a %s machine, whose pauses take %i ms, something may take %i of them: %s',
  async (_, ms, needed, kept) => {
    let looks = 0
    const waiting = worldWithPauses(ms).eventually(() => ++looks > needed, 'it happens')
    expect(
      await waiting.then(
        () => true,
        () => false,
      ),
    ).toBe(kept)
  },
)

test('a lease that is to last does not end within the longest case', () => {
  expect(worldWithPauses(10).claim().ttlMs).toBeGreaterThanOrEqual(LONGEST_CASE_MS)
})
