import { type ConformanceCase, skipReason } from './case.js'
import { BrokenPromise } from './expect.js'
import { seedFor } from './random.js'
import { checkStore, checkTarget, type ConformanceTarget } from './target.js'
import { createWorld, TooSlow, type World, type WorldTime } from './world.js'

/** How one case ended. */
export type CaseResult = CasePassed | CaseFailed | CaseSkipped

export interface CasePassed {
  readonly status: 'passed'
  readonly id: string
  readonly title: string
  readonly durationMs: number
}

export interface CaseFailed {
  readonly status: 'failed'
  readonly id: string
  readonly title: string
  readonly durationMs: number
  /** `'promise'`: an answer broke it. `'threw'`: the backend threw. `'timeout'`: it did not answer in time. */
  readonly by: 'promise' | 'threw' | 'timeout'
  readonly error: Error
}

export interface CaseSkipped {
  readonly status: 'skipped'
  readonly id: string
  readonly title: string
  readonly reason: string
}

/** An open target, ready to run cases. */
export interface Session {
  /** The backend's own name. */
  readonly backendName: string
  /** Whether time is real, so that cases are better run together. */
  readonly realTime: boolean
  /** Runs one case to its end. Never rejects. */
  run(one: ConformanceCase): Promise<CaseResult>
  close(): Promise<void>
}

export interface SessionOptions {
  /** How long one attempt at a case may take before it fails, in real milliseconds. Default 30 000. */
  readonly limitMs?: number
  /** What random cases repeat: the same seed makes the same calls. Default: another one each time. */
  readonly seed?: number
  /** How much random work is done, compared to the usual amount of 1. */
  readonly effort?: number
}

/** How often a case that the machine was too slow for is tried, with durations doubled each time. */
const ATTEMPTS = 6
/** How long cleaning up after a case may take before it is left to expiry. */
const TIDY_MS = 5_000
const { setTimeout, clearTimeout, performance } = globalThis

/** Checks and opens the target. Throws a `TypeError` that names the mistake when it is no target. */
export async function openSession(target: ConformanceTarget, options: SessionOptions = {}): Promise<Session> {
  checkTarget(target)
  const { limitMs = 30_000, seed = randomSeed(), effort = 1 } = options
  const store = await target.open()
  checkStore(target.name, store)
  const time = timeOf(target)

  const attempt = async (one: ConformanceCase, scale: number): Promise<void> => {
    const lifetime = endable(time)
    const world = createWorld(store, {
      caseId: one.id,
      time: lifetime,
      scale,
      exact: target.clock !== undefined,
      seed: seedFor(seed, one.id),
      effort,
    })
    try {
      await limited(limitMs * scale, one.run(world))
    } finally {
      lifetime.end()
      await limited(Math.min(limitMs, TIDY_MS), tidyUp(world)).catch(() => undefined)
    }
  }

  return Object.freeze({
    backendName: store.backends[0].name,
    realTime: target.clock === undefined,
    async run(one: ConformanceCase): Promise<CaseResult> {
      const { id, title } = one
      const reason = skipReason(one, store)
      if (reason !== null) return Object.freeze({ status: 'skipped', id, title, reason })
      const startedAt = performance.now()
      const error = await lastError(one, attempt)
      const durationMs = performance.now() - startedAt
      if (error === null) return Object.freeze({ status: 'passed', id, title, durationMs })
      return Object.freeze({ status: 'failed', id, title, durationMs, by: blame(error), error })
    },
    close: async (): Promise<void> => store.close?.(),
  })
}

type Attempt = (one: ConformanceCase, scale: number) => Promise<void>

async function lastError(one: ConformanceCase, attempt: Attempt): Promise<Error | null> {
  for (let tries = 0; ; tries++) {
    try {
      await attempt(one, 2 ** tries)
      return null
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(`threw ${String(thrown)}`)
      if (!(error instanceof TooSlow) || tries + 1 >= ATTEMPTS) return error
    }
  }
}

function timeOf({ clock }: ConformanceTarget): WorldTime {
  if (clock !== undefined) return { now: () => clock.now(), pass: (ms) => clock.advance(ms) }
  return {
    now: () => performance.now(),
    pass: async (ms) => {
      const end = performance.now() + ms
      // A timer may fire a fraction of a millisecond early.
      for (let left = ms; left > 0; left = end - performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, left))
      }
    },
  }
}

/** Time that ends with the case, so that what is left of a failed one does not go on in the background. */
function endable(time: WorldTime): WorldTime & { end(): void } {
  let ended = false
  const check = (): void => {
    if (ended) throw new Error('the case is over')
  }
  return {
    now: time.now,
    pass: async (ms) => {
      check()
      await time.pass(ms)
      check()
    },
    end: () => {
      ended = true
    },
  }
}

class CaseTimeout extends Error {
  override readonly name: string = 'CaseTimeout'
}

function limited<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new CaseTimeout(`no end within ${limitMs} ms`)), limitMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function blame(error: Error): CaseFailed['by'] {
  if (error instanceof BrokenPromise) return 'promise'
  return error instanceof CaseTimeout ? 'timeout' : 'threw'
}

/** Frees what the case may have left held. What this misses expires within a minute. */
async function tidyUp(world: World): Promise<void> {
  await Promise.allSettled([...world.names].map((name) => world.a.evict(name)))
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
}
