import { memoryBackend } from '@holdfast/core'
import { expect, test } from 'vitest'
import { createCallLog } from '../src/suite/observe.js'
import { CaseTimeout, LONGEST_CASE_MS, whileActive } from '../src/suite/limits.js'
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
