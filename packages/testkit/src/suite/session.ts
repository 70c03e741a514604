import type { LockBackend } from '@holdfast/core'
import { createBeside } from './beside.js'
import { type ConformanceCase, skipReason } from './case.js'
import { BrokenPromise } from './expect.js'
import { furtherHandles } from './further.js'
import { endable, timeOf } from './case-time.js'
import { CaseTimeout, LIMIT_MS, Unanswered, whileActive, within } from './limits.js'
import { createCallLog, observe } from './observe.js'
import { ruleOfCase } from './rules.js'
import { createCallLimit } from './call-limit.js'
import type { StoreFaults } from './disturbed.js'
import type { CaseFailed, CaseResult } from './result.js'
import { show } from './show.js'
import { type CaseRun, underCase } from './strays.js'
import { inPortions } from './portions.js'
import { seedFor } from './random.js'
import { checkStore, checkTarget, type ConformanceTarget, type OpenStore } from './target.js'
import { createWorld, TooSlow, type World } from './world.js'

/** An open target, ready to run cases. */
export interface Session {
  /** The backend's own name. */
  readonly backendName: string
  /** Whether time is real, so that cases are better run together. */
  readonly realTime: boolean
  /** The seed with which the random cases of this session repeat the same calls. */
  readonly seed: number
  /** Runs one case to its end. Never rejects. */
  run(one: ConformanceCase): Promise<CaseResult>
  /** Closes the target. Never rejects: a failure is a result like that of a case. */
  close(): Promise<CaseFailed | null>
}

/** How the cases of a session run. */
export interface SessionOptions {
  /**
   * How long a case may go on without an answer of the backend before it fails, in real milliseconds; also how long
   * `open` and `close` of the target may take. Default 30 000. After the first call without an answer, the next ones wait
   * a thirtieth of it, or twenty times the slowest answer if that is longer.
   */
  readonly limitMs?: number
  /** The seed of random cases: the same seed makes the same calls. Default: another seed each time. */
  readonly seed?: number
  /** How much random work is done, compared to the usual amount of 1. */
  readonly effort?: number
}

/** How often a case is tried that the machine was too slow for, with durations doubled each time. */
const ATTEMPTS = 6
/** How long cleaning up after a case may take before it is left to expiry. */
const TIDY_MS = 5_000
const { setImmediate, performance } = globalThis

/**
 * Checks and opens the target. Throws a `TypeError` that names the mistake when it is no target, and rejects when it
 * cannot be opened within the limit.
 */
export async function openSession(target: ConformanceTarget, options: SessionOptions = {}): Promise<Session> {
  checkTarget(target)
  const { limitMs = LIMIT_MS, seed = randomSeed(), effort = 1 } = options
  const store = await within(limitMs, Promise.resolve(target.open()), `open() of target ${target.name}`)
  checkStore(target.name, store)
  const time = timeOf(target)

  const beside = createBeside()
  const callLimit = createCallLimit(limitMs)

  const attempt = async (one: ConformanceCase, run: CaseRun, scale: number): Promise<void> => {
    const lifetime = endable(time)
    const handles = store.backends.map((backend, index) => observe(backend, 'ab'.charAt(index), run.log))
    const { faults } = store
    const further = furtherHandles(store, run.log)
    const observed: OpenStore = {
      ...store,
      backends: handles as [LockBackend, LockBackend],
      ...(faults !== undefined && { faults: observeFaults(faults, run.log) }),
      another: further.another,
    }
    const world = createWorld(observed, {
      caseId: one.id,
      time: lifetime,
      scale,
      exact: target.clock !== undefined,
      seed: seedFor(seed, one.id),
      effort,
    })
    try {
      const callMs = callLimit.ms() * scale
      await whileActive(limitMs * scale, one.run(world), { log: run.log, callMs, effort, waits: lifetime.waits })
      // A rejection that no caller awaits is reported in a later turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve))
      const [problem] = [...run.log.problems, ...run.strays]
      if (problem !== undefined) throw problem
    } catch (error) {
      if (error instanceof Unanswered) callLimit.wasUnanswered()
      throw error
    } finally {
      lifetime.end()
      callLimit.answeredIn(run.log.slowestMs())
      const tidied = Promise.all([tidyUp(store, world), further.close()])
      await within(Math.min(callLimit.ms(), TIDY_MS), tidied, 'tidying up').catch(() => undefined)
    }
  }

  const failure = (one: Pick<ConformanceCase, 'id' | 'title' | 'rule'>, error: Error, run?: CaseRun): CaseFailed => {
    const durationMs = performance.now() - (run?.startedAt ?? performance.now())
    const { id, title } = one
    const rule = (error instanceof BrokenPromise ? error.rule : undefined) ?? ruleOfCase(one)
    const calls = Object.freeze(run?.log.lines() ?? [])
    return Object.freeze({ status: 'failed', id, title, durationMs, by: blame(error), error, rule, calls })
  }

  return Object.freeze({
    backendName: store.backends[0].name,
    realTime: target.clock === undefined,
    seed,
    async run(one: ConformanceCase): Promise<CaseResult> {
      const { id, title, alone = false } = one
      const reason = skipReason(one, store)
      if (reason !== null) return Object.freeze({ status: 'skipped', id, title, reason })
      return beside(alone, async () => {
        const run: CaseRun = { id, startedAt: performance.now(), log: createCallLog(), strays: [] }
        const error = await underCase(run, () => lastError((scale) => attempt(one, run, scale)))
        if (error !== null) return failure(one, error, run)
        return Object.freeze({ status: 'passed', id, title, durationMs: performance.now() - run.startedAt })
      })
    },
    async close(): Promise<CaseFailed | null> {
      const closing = (async () => store.close?.())()
      const closed = within(limitMs, closing, `close() of target ${target.name}`)
      const about = { id: 'target/close', title: 'the target closes when the run is over' }
      return closed.then(
        () => null,
        (thrown: unknown) => failure(about, asError(thrown)),
      )
    },
  })
}

/** Lets the log see the handles that can be disturbed too. */
function observeFaults(faults: StoreFaults, log: CaseRun['log']): StoreFaults {
  return {
    can: faults.can,
    open: async () => {
      const handle = await faults.open()
      return { ...handle, backend: observe(handle.backend, 'c', log) }
    },
  }
}

async function lastError(attempt: (scale: number) => Promise<void>): Promise<Error | null> {
  for (let tries = 0; ; tries++) {
    try {
      await attempt(2 ** tries)
      return null
    } catch (thrown) {
      const error = asError(thrown)
      if (!(error instanceof TooSlow) || tries + 1 >= ATTEMPTS) return error
    }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`threw ${show(thrown)}`)
}

function blame(error: Error): CaseFailed['by'] {
  if (error instanceof BrokenPromise) return 'promise'
  return error instanceof CaseTimeout ? 'timeout' : 'threw'
}

/** Frees the names that the case may have left held. A hold that is missed here expires within ten minutes. */
async function tidyUp({ backends: [backend] }: OpenStore, { names }: World): Promise<void> {
  await inPortions(names, async (name) => Promise.allSettled([backend.evict(name)]))
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
}
