import type { Claim, LockBackend } from '@holdfast/core'
import { BrokenPromise } from './expect.js'
import { LONGEST_CASE_MS } from './limits.js'
import { random, type Random } from './random.js'
import type { StoreFaults } from './disturbed.js'
import type { ForeignValues, OpenHandle, OpenStore } from './target.js'

/** The world of a case: one store through two handles, names of its own, and time. */
export interface World {
  /** Two handles on one store. */
  readonly a: LockBackend
  readonly b: LockBackend
  /** A name that no other case and no other run uses. */
  readonly name: string
  /** Another name of this case's own. Different for every `suffix`. */
  named(suffix: string): string
  /** Every name handed out so far. */
  readonly names: ReadonlySet<string>
  /** A fresh owner, as the locker mints one per acquisition. */
  owner(label?: string): string
  /** A claim on {@link name} by a fresh owner: exclusive, for a time that does not end within a case. */
  claim(over?: Partial<Claim>): Claim
  /** Milliseconds, of the store's time when that is virtual. */
  now(): number
  /** A duration that the case's verdict depends on. Longer when a first attempt found the machine too slow. */
  ms(duration: number): number
  /** Lets at least so many milliseconds pass. */
  pass(ms: number): Promise<void>
  /** Lets a lease or place of so many milliseconds, granted before this call, come to its end. */
  outlive(ms: number): Promise<void>
  /**
   * A verdict that is only valid until `deadline` on {@link now}: a lease that ends then has not ended yet. When the
   * machine took longer, the case says nothing and is tried again with longer durations.
   */
  before<T>(deadline: number, verdict: () => Promise<T>): Promise<T>
  /** Waits until `check` holds; the promise is broken when it does not within a generous bound. */
  eventually(check: () => boolean | Promise<boolean>, promise: string): Promise<void>
  /** The text that the store is known to put before each name, or an empty one. */
  readonly prefix: string
  /** The foreign values, for cases that require `foreign`. */
  readonly foreign: ForeignValues
  /** The faults, for cases that require a fault. */
  readonly faults: StoreFaults
  /** Opens a further handle, for cases that require `another`. The case closes it, or else it is closed after the case. */
  another(like: 0 | 1): Promise<OpenHandle>
  /** Whether time is virtual: it passes only by `advance`, and bounds are exact. */
  readonly exact: boolean
  /** Numbers that the seed of the run repeats. */
  readonly random: Random
  /** How much random work a case does, compared to the usual amount. */
  readonly effort: number
}

/** Thrown by {@link World.before}: a fact about the machine, not about the backend. */
export class TooSlow extends Error {
  override readonly name: string = 'TooSlow'
}

/** How the world reads time and lets it pass. */
export interface WorldTime {
  now(): number
  pass(ms: number): Promise<void>
}

/** A lease of this length does not end within a case: as long as a case may take at most, on the slowest machine. */
export const LONG_MS: number = LONGEST_CASE_MS
/** The time beyond the end of a lease, for clocks that round. */
const ROUNDING_MS = 30
/** The limit for an event that happens by itself; longer on a machine that is too busy to look so often. */
const EVENTUALLY_MS = 10_000
const EVENTUALLY_LOOKS = 250
const STEP_MS = 10

/** How a world is made for one attempt at one case. */
export interface WorldOptions {
  readonly caseId: string
  readonly time: WorldTime
  /** The factor by which durations are longer than usual. */
  readonly scale: number
  readonly exact: boolean
  readonly seed: number
  readonly effort: number
}

export function createWorld(store: OpenStore, { caseId, time, scale, exact, seed, effort }: WorldOptions): World {
  const [a, b] = store.backends
  const name = `conformance/${caseId}/${uuid()}`
  const names = new Set([name])
  const owner = (label = 'case'): string => `${label}~${uuid().replaceAll('-', '')}`

  return Object.freeze({
    a,
    b,
    name,
    names,
    named(suffix: string): string {
      names.add(name + suffix)
      return name + suffix
    },
    owner,
    claim: (over: Partial<Claim> = {}): Claim => ({
      name,
      owner: owner(),
      ttlMs: LONG_MS,
      mode: 'exclusive',
      limit: 1,
      ...over,
    }),
    exact,
    random: random(seed),
    effort,
    now: time.now,
    ms: (duration: number): number => duration * scale,
    pass: time.pass,
    outlive: (ms: number): Promise<void> => time.pass(ms + ROUNDING_MS),
    before: <T>(deadline: number, verdict: () => Promise<T>): Promise<T> =>
      verdict().finally(() => {
        // A broken promise is replaced too: after the deadline no verdict means anything.
        if (time.now() >= deadline) throw new TooSlow('the machine was too slow to judge a lease before its end')
      }),
    async eventually(check: () => boolean | Promise<boolean>, promise: string): Promise<void> {
      const end = time.now() + EVENTUALLY_MS
      for (let looks = 1; !(await check()); looks++) {
        if (time.now() >= end && looks >= EVENTUALLY_LOOKS)
          throw new BrokenPromise(`${promise}\n  seen: not within ${EVENTUALLY_MS} ms`)
        await time.pass(STEP_MS)
      }
    },
    prefix: store.prefix ?? '',
    get foreign(): ForeignValues {
      if (store.foreign === undefined) throw new TypeError('this case must require `foreign`')
      return store.foreign
    },
    async another(like: 0 | 1): Promise<OpenHandle> {
      if (store.another === undefined) throw new TypeError('this case must require `another`')
      return store.another(like)
    },
    get faults(): StoreFaults {
      if (store.faults === undefined) throw new TypeError('this case must require a fault')
      return store.faults
    },
  })
}

function uuid(): string {
  return crypto.randomUUID()
}
