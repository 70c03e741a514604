import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createLocker, fixed, memoryBackend, memoryStore, toLockManager } from '../../../src/index.js'
import { type LockerInternals, internalsOf } from '../../../src/internals.js'
import { faultyBackend } from '../../support/backend.js'
import { microtasks, settled, virtualClock } from '../../support/clock.js'
import { digestAfter, digestAnew } from '../../support/digests.js'
import {
  hangs,
  hangsAfter,
  pass,
  refused,
  repeatedAfter,
  replyLost,
  requestLost,
  slow,
  type Fault,
} from '../../support/faults.js'

const faults: readonly Fault[] = [
  pass,
  pass,
  slow(3),
  slow(0, 3),
  slow(40, 40),
  replyLost,
  requestLost,
  hangs,
  hangsAfter,
  slow(4_000),
  slow(0, 4_000),
  repeatedAfter(5),
  repeatedAfter(500),
  refused(),
]

/** The last two names are stored as their digest, and the very last is not well-formed Unicode. */
const names = ['n0', 'n1', 'n'.repeat(1_000), 'n'.repeat(1_001), `${'n'.repeat(1_001)}\uD800`]
const SIGNALS = 3

const at = <T>(list: readonly T[], i: number): T => list[i] as T

const op = fc.record({
  client: fc.nat(3),
  name: fc.nat(1_000),
  signal: fc.nat(SIGNALS - 1),
  mode: fc.constantFrom('exclusive' as const, 'shared' as const),
  kind: fc.constantFrom(
    'wait' as const,
    'wait' as const,
    'wait' as const,
    'if' as const,
    'steal' as const,
    'abort' as const,
    'abort' as const,
  ),
  hold: fc.constantFrom(0, 1, 20, 300, 5_000),
  abortAfter: fc.constantFrom(0, 1, 5, 50, 4_000),
  gap: fc.constantFrom(0, 0, 0, 1, 30, 1_000),
})

const options = fc.constantFrom(
  {},
  { ttlMs: 1_000, renew: false },
  { ttlMs: 1_000, maxHoldMs: 700 },
  { ttlMs: 300 },
  { retry: { backoff: fixed(7), maxAttempts: 1 } },
  { retry: { backoff: fixed(2_000) }, attemptTimeoutMs: 60 },
)

const history = fc.record({
  options,
  hints: fc.boolean(),
  /** At most two names, so that requests meet. */
  names: fc.shuffledSubarray(names, { minLength: 1, maxLength: 2 }),
  /** The time that a digest takes, in turns of the promise queue or in milliseconds. */
  digest: fc.record({ turns: fc.constantFrom(0, 5, 40), ms: fc.constantFrom(0, 0, 0, 1, 500, 6_000) }),
  ops: fc.array(op, { minLength: 3, maxLength: 14 }),
  faults: fc.array(
    fc.tuple(
      fc.constantFrom('acquire' as const, 'release' as const, 'extend' as const, 'inspect' as const),
      fc.nat(faults.length - 1),
      fc.nat(1),
    ),
    { maxLength: 8 },
  ),
})

afterAll(digestAnew)

for (const steals of [false, true]) {
  test(`random histories over a store that fails, ${steals ? 'with' : 'without'} steals`, async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ ops, faults: planned, options: terms, hints, names: used, digest }) => {
        const clock = virtualClock()
        const store = memoryStore()
        const backends = [0, 1].map(() =>
          faultyBackend(clock, {
            store: memoryBackend({ clock, store }),
            ...(!hints && { capabilities: { watch: false } }),
          }),
        )
        const lockers = backends.map((backend) => createLocker({ backend, clock, ...terms }))
        const managers = [0, 1, 0, 1].map((i) => toLockManager(at(lockers, i)))
        for (const [verb, fault, which] of planned) at(backends, which).next(verb, at(faults, fault))
        const running = new Map<string, { mode: string; notified: boolean }[]>()
        const problems: string[] = []
        let open = 0
        const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms))
        digestAfter(async () => {
          await microtasks(digest.turns)
          if (digest.ms > 0) await pause(digest.ms)
        })
        const controllers = Array.from({ length: SIGNALS }, () => new AbortController())
        for (const [i, { client, name: n, mode: wanted, kind, hold, abortAfter, gap, signal }] of ops.entries()) {
          const name = at(used, n % used.length)
          const steal = steals && kind === 'steal'
          const mode = steal ? 'exclusive' : wanted
          const controller = at(controllers, signal)
          const asked = {
            mode,
            ...(kind === 'if' && { ifAvailable: true }),
            ...(steal && { steal }),
            ...(kind === 'abort' && { signal: controller.signal }),
          }
          open++
          const entry = { mode, notified: false }
          at(managers, client)
            .request(name, asked, async (lock) => {
              if (lock === null) return
              const here = (running.get(name) ?? []).filter(({ notified }) => !notified)
              running.set(name, here)
              if (entry.notified) problems.push(`${i} called after it was notified`)
              if (!steals && here.some((other) => other.mode === 'exclusive' || mode === 'exclusive'))
                problems.push(`${i} beside another`)
              here.push(entry)
              await pause(hold)
              entry.notified = true
            })
            .catch(() => {})
            .finally(() => {
              entry.notified = true
              open--
            })
          if (kind === 'abort') {
            const abort = (): void => {
              controllers[signal] = new AbortController()
              controller.abort()
            }
            if (abortAfter === 0) abort()
            else clock.setTimeout(abort, abortAfter)
          }
          if (gap > 0) await clock.advance(gap)
        }
        await clock.advance(400_000)
        if (open > 0) problems.push(`${open} never settled`)
        const { held, pending } = await at(managers, 0).query()
        if (held.length + pending.length > 0) problems.push(`left: ${JSON.stringify({ held, pending })}`)
        await settled()
        for (const locks of lockers) {
          const engine = (internalsOf.get(locks) as LockerInternals).engine
          if (engine.names.all().length + engine.acquisitions.size + engine.background.size > 0)
            problems.push('engine not empty')
          await clock.until(locks.close())
        }
        if (clock.pending() > 0) problems.push(`${clock.pending()} timers left`)
        expect(problems).toEqual([])
      }),
      { numRuns: Number(process.env['RUNS'] ?? 400), interruptAfterTimeLimit: 80_000 },
    )
  }, 100_000)
}
