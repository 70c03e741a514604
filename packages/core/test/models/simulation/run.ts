import {
  createLocker,
  isLockError,
  type Lease,
  type LockBackend,
  type Locker,
  memoryBackend,
} from '../../../src/index.js'
import { virtualClock, type VirtualClock } from '../../support/clock.js'
import { type Counts, noCounts } from './counts.js'
import { type Dice, dice } from '../../support/dice.js'
import { type Judge, judge, Violation } from './judge.js'
import { network, type SkewedClock, skewedClock } from './network.js'

export interface Run {
  readonly violations: readonly Violation[]
  readonly counts: Counts
  /** The events, a line each: the same seed gives the same text. */
  readonly log: readonly string[]
}

export interface RunOptions {
  /** Puts a store that breaks the contract in place of the right one. */
  readonly mutant?: (store: LockBackend) => LockBackend
  /** The rates of the machines' clocks, relative to the store's clock. The margin is 1 %. */
  readonly rates?: readonly [slowest: number, fastest: number]
}

const RUN_MS = 12_000
const NAMES = ['a', 'b']
const LOCKERS = 3
const WORKERS = 2

/** A lease that its holder believes to hold. */
interface Belief {
  readonly lease: Lease
  readonly machine: SkewedClock
  released: boolean
  /** The latest time for the signal of its loss, on the clock of the machine. */
  deadline: number | undefined
}

/** Plays one history: several lockers with workers over one store, with faults of the network and of the machines. */
export async function simulate(seed: number, options: RunOptions = {}): Promise<Run> {
  const world = new World(seed, options)
  try {
    await world.play()
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  return { violations: world.violations, counts: world.counts, log: world.log }
}

/** Ends the history at the first violation, because later events prove nothing. */
class Stopped extends Error {}

class World {
  readonly violations: Violation[]
  readonly counts = noCounts()
  readonly log: string[] = []
  readonly #clock: VirtualClock = virtualClock()
  readonly #chance: Dice
  readonly #judge: Judge
  readonly #store: LockBackend
  readonly #rates: readonly [number, number]
  /** Whether answered commands are executed again. If so, no lease is extended by hand. */
  readonly #repeats: boolean
  readonly #beliefs = new Set<Belief>()
  readonly #greatestFence = new Map<string, number>()
  readonly #machines: SkewedClock[] = []
  readonly #lockers: { readonly locks: Locker; readonly machine: SkewedClock; readonly heal: () => void }[] = []
  readonly #work: { readonly machine: SkewedClock; done: boolean }[] = []
  #ending = false

  constructor(seed: number, { mutant = (store) => store, rates = [0.992, 1.01] }: RunOptions) {
    this.#chance = dice(seed)
    this.#repeats = seed % 2 === 0
    this.#rates = rates
    this.#store = memoryBackend({ clock: this.#clock })
    this.#judge = judge(mutant(this.#store), this.#clock, (event) => this.#note(event))
    this.violations = this.#judge.violations
  }

  async play(): Promise<void> {
    for (let i = 0; i < LOCKERS; i++) this.#startLocker()
    const endMs = this.#clock.now() + RUN_MS
    this.#plan(endMs)
    await this.#runUntil(endMs)
    this.#ending = true
    for (const { heal } of this.#lockers) heal()
    await this.#runUntil(endMs + 15_000)
    if (this.#work.some(({ machine, done }) => machine.alive && !done)) this.#fail('P7', 'a call has not settled')
    await this.#closeAll()
    await this.#runUntil(endMs + 40_000)
    await this.#expectNothingLeft()
    this.counts.grants = this.#judge.grants
  }

  /** Sets the times of pauses, of a crash, and of a change of a wall clock. */
  #plan(endMs: number): void {
    const chance = this.#chance.fork()
    const at = (fn: (machine: SkewedClock) => void): void => {
      const machine = (): SkewedClock | undefined => this.#machines[chance.between(0, this.#machines.length - 1)]
      this.#clock.setTimeout(
        () => {
          const chosen = machine()
          if (chosen?.alive) fn(chosen)
        },
        chance.between(0, endMs - this.#clock.now()),
      )
    }
    for (let i = 0; i < 3; i++) {
      at((machine) => {
        this.counts.pauses++
        machine.pause(chance.between(50, 3_000))
        this.#note('pause')
      })
    }
    at((machine) => machine.setWall(chance.between(-5_000, 5_000)))
    at((machine) => {
      this.counts.crashes++
      machine.kill()
      this.#note('crash')
      this.#startLocker()
    })
  }

  #startLocker(): void {
    const chance = this.#chance.fork()
    const [slowest, fastest] = this.#rates
    const machine = skewedClock(this.#clock, slowest + chance.fraction() * (fastest - slowest))
    const { backend, heal } = network(this.#judge.backend, machine, chance.fork(), this.counts.fates, this.#repeats)
    const ttlMs = chance.between(60, 2_000)
    const locks = createLocker({
      backend,
      clock: machine,
      ttlMs,
      attemptTimeoutMs: chance.between(30, Math.max(30, ttlMs)),
      handOver: { count: chance.between(0, 20), ms: chance.between(0, 100) },
      observer: {
        contended: () => void this.counts.contended++,
        acquired: ({ attempts }) => void (attempts === 0 && this.counts.handedOver++),
        renewed: () => void this.counts.renewed++,
        lost: () => void this.counts.lost++,
      },
    })
    this.#machines.push(machine)
    this.#lockers.push({ locks, machine, heal })
    for (let i = 0; i < WORKERS; i++) {
      const work = { machine, done: false }
      this.#work.push(work)
      void this.#worker(locks, machine, ttlMs, chance.fork()).then(() => (work.done = true))
    }
  }

  async #worker(locks: Locker, machine: SkewedClock, ttlMs: number, chance: Dice): Promise<void> {
    while (!this.#ending) {
      await machine.sleep(chance.between(0, 150))
      await machine.awake()
      const name = NAMES[chance.between(0, NAMES.length - 1)] as string
      const mode = chance.chance(0.2) ? 'shared' : 'exclusive'
      const waitMs = chance.between(0, 3_000)
      const controller = new AbortController()
      if (chance.chance(0.1)) machine.setTimeout(() => controller.abort('aborted'), chance.between(0, 500))
      const { signal } = controller
      const maxHoldMs = chance.chance(0.1) ? chance.between(1, 2 * ttlMs) : Infinity
      try {
        const lease = chance.chance(0.2)
          ? await this.#within(machine, ttlMs, 'tryAcquire', locks.tryAcquire(name, { mode, signal }))
          : await this.#within(
              machine,
              Math.max(waitMs, ttlMs),
              'acquire',
              locks.acquire(name, { mode, waitMs, signal, maxHoldMs }),
            )
        if (lease !== null) await this.#hold(lease, machine, ttlMs, chance)
      } catch (error) {
        if (error === 'aborted') this.counts.aborted++
        else if (isLockError(error, 'LOCK_INDETERMINATE')) this.counts.indeterminate++
        else if (!isLockError(error)) this.#fail('error', String((error as Error).stack ?? error))
      }
    }
  }

  async #hold(lease: Lease, machine: SkewedClock, ttlMs: number, chance: Dice): Promise<void> {
    const belief: Belief = { lease, machine, released: false, deadline: undefined }
    this.#obtained(belief)
    for (let pieces = chance.between(0, 3); pieces > 0 && lease.held && !this.#ending; pieces--) {
      await machine.sleep(chance.between(0, ttlMs / 2))
      await machine.awake()
      if (this.#repeats || !chance.chance(0.3)) continue
      try {
        await this.#within(machine, ttlMs, 'extend', lease.extend(chance.between(20, 4 * ttlMs)))
        this.counts.extended++
      } catch (error) {
        if (!isLockError(error)) throw error
      }
    }
    belief.released = true
    // A release that hands the hold over may take one call more.
    const answer = await this.#within(machine, 3 * ttlMs, 'release', lease.release())
    if (answer === 'unknown') this.counts.unknownReleases++
    this.#note(`release ${lease.name} ${answer}`)
    this.#beliefs.delete(belief)
  }

  #obtained(belief: Belief): void {
    const { name, fence, mode } = belief.lease
    this.counts.leases++
    this.#note(`lease ${name} ${mode} ${fence} ${belief.lease.owner.slice(1, 5)}`)
    const greatest = this.#greatestFence.get(name) ?? 0
    if (mode === 'exclusive' && (fence ?? 0) <= greatest)
      this.#fail('P2', `${name} with fence ${fence} after ${greatest}`)
    this.#greatestFence.set(name, Math.max(greatest, fence ?? 0))
    this.#beliefs.add(belief)
  }

  /** P7: a call settles within its budget, on the clock of its machine, unless the machine was paused meanwhile. */
  async #within<T>(machine: SkewedClock, budgetMs: number, call: string, promise: Promise<T>): Promise<T> {
    const [since, pauses] = [machine.now(), machine.pauses]
    try {
      return await promise
    } finally {
      const tookMs = machine.now() - since
      if (tookMs > budgetMs + 25 && machine.pauses === pauses)
        this.#fail('P7', `${call} took ${tookMs} of ${budgetMs} ms`)
    }
  }

  async #runUntil(endMs: number): Promise<void> {
    while (this.violations.length === 0 && (await this.#clock.step(endMs))) this.#check()
    if (this.violations.length > 0) throw new Stopped()
    await this.#clock.advance(Math.max(0, endMs - this.#clock.now()))
  }

  /** P1 and P6, now and until the next check: no holder believes to hold a name longer than the store does. */
  #check(): void {
    const held = new Set<string>()
    for (const belief of this.#beliefs) {
      const { lease, machine } = belief
      if (!machine.alive) this.#beliefs.delete(belief)
      else if (!machine.running) belief.deadline = undefined
      else if (!belief.released) {
        if (belief.deadline !== undefined && machine.now() > belief.deadline + 1.5 && !lease.signal.aborted) {
          this.#fail('P6', `the loss of ${lease.name} was not signalled by its deadline`)
        }
        const { remainingMs } = lease
        belief.deadline = machine.now() + remainingMs
        if (remainingMs === 0) {
          if (!lease.signal.aborted) this.#fail('P6', `the loss of ${lease.name} was not signalled`)
          continue
        }
        const believedUntil = this.#clock.now() + remainingMs / machine.rate
        const surplusMs = believedUntil - this.#judge.heldUntil(lease.name, lease.owner)
        if (surplusMs > 0.01)
          this.#fail('P1', `${lease.name} is believed ${surplusMs} ms longer than the store holds it`)
        if (lease.mode === 'exclusive' && held.has(lease.name)) this.#fail('P1', `${lease.name} has two holders`)
        held.add(lease.name)
      }
    }
  }

  async #closeAll(): Promise<void> {
    for (const { locks, machine } of this.#lockers) {
      if (!machine.alive) continue
      let closed = false
      void locks.close().then(() => (closed = true))
      await this.#runUntil(this.#clock.now() + 500)
      if (!closed) this.#fail('P7', 'close has not settled')
    }
  }

  /** P8, and P4: machines that died and leases that were lost keep no name for ever. */
  async #expectNothingLeft(): Promise<void> {
    for (const name of NAMES) if ((await this.#store.inspect(name)) !== null) this.#fail('P8', `${name} is still held`)
    if (this.#clock.pending() > 0) this.#fail('P8', `${this.#clock.pending()} timers are still set`)
  }

  #note(event: string): void {
    this.log.push(`${this.#clock.now().toFixed(3)} ${event}`)
  }

  #fail(promise: string, what: string): void {
    this.#note(`${promise} ${what}`)
    this.violations.push(new Violation(`${promise}: ${what}`))
  }
}
