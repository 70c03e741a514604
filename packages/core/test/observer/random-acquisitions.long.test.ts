import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { asyncContext } from '../../src/async-context/index.js'
import {
  type AcquireOptions,
  createLocker,
  type FailureCode,
  isLockError,
  type Lease,
  type LockBackend,
  type Locker,
  memoryBackend,
  toLockManager,
  type WebLockManager,
} from '../../src/index.js'
import { faultyBackend } from '../support/backend.js'
import { virtualClock, type VirtualClock } from '../support/clock.js'
import { type Dice, dice } from '../support/dice.js'
import { type Fault, hangs, hangsAfter, pass, refused, replyLost, requestLost, slow } from '../support/faults.js'
import { eventLedger, type Ledger } from '../support/ledger.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

const ACQUISITIONS = 10_000
const CALLS = 100
const NAMES = ['a', 'b', 'c']
const scope = new AsyncLocalStorage<object>()
const context = asyncContext()
const CODES: readonly FailureCode[] = [
  ...(['busy', 'aborted', 'indeterminate', 'backend', 'unsupported', 'closed', 'lost', 'error'] as const),
]

/** The end of a call as its caller saw it. */
type Seen = 'acquired' | FailureCode

const FAULTS: Readonly<Record<string, Fault>> = {
  pass,
  slow: slow(20, 20),
  requestLost,
  replyLost,
  hangs,
  hangsAfter,
  refused: refused(),
  denied: refused(false),
}

/** A locker with its events, and with the number of each end that its callers saw. */
interface Process {
  readonly locks: Locker
  readonly ledger: Ledger
  readonly seen: Partial<Record<Seen, number>>
  readonly web: WebLockManager
}

const note = ({ seen }: Process, end: Seen): void => void (seen[end] = (seen[end] ?? 0) + 1)

const codeOf = (error: unknown): FailureCode => {
  if (error === 'aborted') return 'aborted'
  return isLockError(error) ? (error.code.replace('LOCK_', '').toLowerCase() as FailureCode) : 'error'
}

function startProcess(clock: VirtualClock, store: LockBackend, chance: Dice, broken: string[]): Process {
  const sharedIsMissing = chance.chance(0.1)
  const backend = faultyBackend(clock, { store })
  const verbs = ['acquire', 'extend', 'release'] as const
  const weights = { pass: 80, slow: 10, requestLost: 3, replyLost: 3, hangs: 2, hangsAfter: 2, refused: 2, denied: 1 }
  for (const verb of verbs)
    backend.always(verb, (execute, at) => (FAULTS[chance.weighted(weights)] as Fault)(execute, at))
  const ledger = eventLedger({ fail: (message) => broken.push(message), callerNow: () => scope.getStore() })
  const options = { clock, ttlMs: 1_000, attemptTimeoutMs: 200, observer: ledger.observer }
  const locks = createLocker({ ...options, backend, ...(chance.chance(0.5) && { context }) })
  const bare = { ...backend, capabilities: { ...backend.capabilities, shared: false } }
  const used = sharedIsMissing ? createLocker({ ...options, backend: bare }) : locks
  return { locks: used, ledger, seen: {}, web: toLockManager(locks) }
}

/** Plays calls of several processes over one store. Answers the processes when no call is under way any more. */
async function play(chance: Dice, broken: string[]): Promise<readonly Process[]> {
  const clock = virtualClock()
  const store = memoryBackend({ clock })
  const processes = [1, 2, 3].map(() => startProcess(clock, store, chance.fork(), broken))
  const tickets: string[] = []
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ms))

  const useLease = async (process: Process, lease: Lease): Promise<void> => {
    const { locks } = process
    await sleep(chance.between(0, 300))
    const way = chance.weighted({ release: 60, ticket: 8, expire: 8, evict: 6, reenter: 15, many: 5, twice: 5 })
    if (way === 'ticket' && lease.held) {
      try {
        tickets.push(lease.ticket())
      } catch {
        await lease.release()
      }
    } else if (way === 'expire') await sleep(2_000)
    else if (way === 'evict') await locks.forceRelease(lease.name).catch(() => {})
    else if (way === 'reenter' || way === 'many')
      await call(process, () =>
        locks.acquire(way === 'many' ? [...new Set([lease.name, ...NAMES])] : lease.name, {
          within: lease,
          waitMs: 300,
          mode: lease.mode === 'shared' && chance.chance(0.7) ? 'shared' : 'exclusive',
        }),
      )
    if (way === 'twice') void lease.release()
    if (chance.chance(0.95)) await lease.release()
  }

  const call = async (process: Process, acquire: (signal: AbortSignal) => Promise<Lease | null>): Promise<void> => {
    const controller = new AbortController()
    await scope.run({}, async () => {
      if (chance.chance(0.1)) clock.setTimeout(() => controller.abort('aborted'), chance.between(0, 400))
      if (chance.chance(0.02)) controller.abort('aborted')
      let lease: Lease | null
      try {
        lease = await acquire(controller.signal)
        note(process, lease === null ? 'busy' : 'acquired')
      } catch (error) {
        return note(process, codeOf(error))
      }
      if (lease !== null) await useLease(process, lease)
    })
  }

  const one = async (): Promise<void> => {
    const process = processes[chance.between(0, 2)] as Process
    const { locks } = process
    await sleep(chance.between(0, 3_000))
    const name = NAMES[chance.between(0, 2)] as string
    const names = chance.chance(0.2) ? NAMES.slice(0, chance.between(2, 3)) : name
    const mode = chance.chance(0.2) ? ('shared' as const) : ('exclusive' as const)
    const backoff = chance.chance(0.02) ? () => NaN : undefined
    const of = (signal: AbortSignal): AcquireOptions => ({
      ...{ signal, mode, renew: chance.chance(0.7) || mode === 'shared', retry: { backoff } },
      waitMs: chance.weighted({ 0: 1, 100: 2, 600: 3, 5000: 3 }) === '0' ? 0 : chance.between(1, 1_500),
      steal: mode === 'exclusive' && chance.chance(0.05),
    })
    const way = chance.weighted({ acquire: 60, tryAcquire: 20, request: 20, ifAvailable: 5, resume: 5 })
    if (way === 'resume') {
      const ticket = tickets.pop()
      const lease = ticket === undefined ? undefined : await locks.resume(ticket).catch(() => undefined)
      if (lease !== undefined) await scope.run({}, () => useLease(process, lease))
    }
    if (way === 'acquire' || way === 'resume') await call(process, (signal) => locks.acquire(names, of(signal)))
    else if (way === 'tryAcquire') await call(process, (signal) => locks.tryAcquire(names, of(signal)))
    else {
      const ifAvailable = way === 'ifAvailable'
      await call(process, async (signal) => {
        let given: Lease | null = null
        const nested = async (lease: Lease | null): Promise<void> => {
          given = lease
          if (lease !== null && chance.chance(0.3)) await call(process, (inner) => locks.acquire(name, of(inner)))
        }
        // The request rejects if its lease is lost while the callback runs, although the lease was acquired.
        const end = locks.request(names, { ...of(signal), ifAvailable }, nested)
        await end.catch((error: unknown) => {
          if (given === null) throw error
        })
        return given
      })
    }
  }

  const webOne = async (): Promise<void> => {
    const process = processes[chance.between(0, 2)] as Process
    await sleep(chance.between(0, 3_000))
    const controller = new AbortController()
    const how = chance.weighted({ wait: 6, ifAvailable: 2, steal: 1 })
    if (chance.chance(0.4)) clock.setTimeout(() => controller.abort('aborted'), chance.between(0, 200))
    let called = false
    const options = how === 'wait' ? { signal: controller.signal } : { [how]: true }
    const request = (): Promise<unknown> =>
      process.web.request(NAMES[chance.between(0, 2)] as string, options, async (lock) => {
        called = true
        note(process, lock === null ? 'busy' : 'acquired')
        await sleep(chance.between(0, 100))
      })
    await scope.run({}, request).catch((error: unknown) => {
      if (!called) note(process, codeOf(error))
    })
  }

  const work = Promise.all([
    ...Array.from({ length: CALLS }, one),
    ...Array.from({ length: CALLS / 10 }, webOne),
    ...(chance.chance(0.5) ? [sleep(2_000).then(() => processes[0]?.locks.close())] : []),
  ])
  await clock.until(work)
  await clock.until(Promise.all(processes.map(({ locks }) => locks.close())))
  await clock.advance(20_000)
  return processes
}

test('each of 10,000 random acquisitions starts once and ends once, under the code that its caller sees', async () => {
  const total = { started: 0, acquired: 0, failed: 0, resumed: 0 }
  const failures: Partial<Record<FailureCode, number>> = {}
  for (let seed = 1; total.started < ACQUISITIONS; seed++) {
    const broken: string[] = []
    for (const { ledger, seen } of await play(dice(seed), broken)) {
      const { counts, open, waiting, held } = ledger
      expect([broken.slice(0, 3), open.size, waiting.size, held.size], `seed ${seed}`).toEqual([[], 0, 0, 0])
      expect(counts.started, `seed ${seed}`).toBe(counts.acquired + counts.failed)
      for (const code of CODES) {
        const [emitted = 0, atCaller = 0] = [ledger.failures[code], seen[code]]
        failures[code] = (failures[code] ?? 0) + emitted
        expect([seed, code, emitted]).toEqual([seed, code, atCaller])
      }
      for (const count of ['started', 'acquired', 'failed', 'resumed'] as const) total[count] += counts[count]
    }
  }
  expect(total.resumed).toBeGreaterThan(20)
  for (const code of CODES) expect([code, (failures[code] ?? 0) > 5]).toEqual([code, true])
})
