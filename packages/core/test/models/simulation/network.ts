import { BackendError, type Clock, type LockBackend } from '../../../src/index.js'
import type { Dice } from '../../support/dice.js'

/** The fates of a command between a client and its store, with their weights. */
export const FATES = {
  delivered: 70,
  /** The command is slow there and back, often slower than the client waits. */
  delayed: 8,
  requestLost: 3,
  replyLost: 4,
  /** The command is certainly not executed, and the client knows. */
  refused: 3,
  /** The client gives up, and the command is executed later all the same, perhaps twice. */
  resent: 4,
  /** The command is executed and answered, and executed once more later. */
  repeated: 3,
  hangs: 2,
  hangsAfter: 3,
} as const

export type Fate = keyof typeof FATES

/** The machine on which a client runs. */
export interface Machine {
  /** Lets time pass on the common clock. */
  sleep(ms: number): Promise<void>
  /** Settles at once if the machine runs, after a pause if it is paused, and never if it was killed. */
  awake(): Promise<void>
}

export interface Network {
  readonly backend: LockBackend
  /** From now on every command is delivered. */
  heal(): void
}

/**
 * A client of the store whose commands are lost, late or repeated.
 * @param repeats whether answered commands may be executed again later. Not with leases that are extended by hand to
 * other durations: no client can know of a command that arrives again after its answer.
 */
export function network(
  store: LockBackend,
  machine: Machine,
  chance: Dice,
  fired: Record<Fate, number>,
  repeats: boolean,
): Network {
  let healed = false
  const closed = (): never => {
    throw new BackendError('the connection was closed', { executed: 'unknown' })
  }
  const never = (): Promise<never> => new Promise(() => {})

  const send = async <T>(verb: keyof LockBackend, execute: () => Promise<T>): Promise<T> => {
    const drawn = healed ? 'delivered' : chance.weighted(FATES)
    const fate: Fate = drawn === 'repeated' && !(repeats && verb !== 'extend') ? 'delivered' : drawn
    const [there, back, late] = [chance.between(0, 2), chance.between(0, 2), chance.between(0, 3_000)]
    fired[fate]++
    await machine.sleep(there)
    if (fate === 'requestLost') return closed()
    if (fate === 'refused') throw new BackendError('the store is loading', { executed: 'no' })
    if (fate === 'hangs') return never()
    if (fate === 'resent') {
      void machine.sleep(late).then(execute)
      if (late % 2 === 0) void machine.sleep(late + 50).then(execute)
      await machine.sleep(back)
      return closed()
    }
    if (fate === 'delayed') await machine.sleep(late / 3)
    const answer = await execute()
    if (fate === 'repeated') void machine.sleep(late).then(execute)
    await machine.sleep(fate === 'delayed' ? late / 4 : back)
    await machine.awake()
    if (fate === 'replyLost') return closed()
    if (fate === 'hangsAfter') return never()
    return answer
  }

  return {
    backend: {
      ...store,
      acquire: (claim) => send('acquire', () => store.acquire(claim)),
      extend: (claims) => send('extend', () => store.extend(claims)),
      release: (ownership) => send('release', () => store.release(ownership)),
      watch: async (onTurn) => {
        const unwatch = await store.watch?.((turn) => {
          // Hints are lost, late and repeated, like commands.
          for (let copies = chance.chance(0.2) ? 2 : 1; copies > 0; copies--) {
            if (!healed && chance.chance(0.2)) continue
            const arrived = machine.sleep(chance.between(0, 5)).then(() => machine.awake())
            void arrived.then(() => onTurn(turn))
          }
        })
        return async () => unwatch?.()
      },
    },
    heal: () => (healed = true),
  }
}

/** The clock of a machine. Its rate differs from the store's clock, and it goes on while the machine is paused. */
export interface SkewedClock extends Clock, Machine {
  /** The speed of this clock relative to the common clock. */
  readonly rate: number
  /** Stops the machine for a time: no timer runs and no answer is read. */
  pause(ms: number): void
  /** Stops the machine for good. */
  kill(): void
  readonly running: boolean
  /** Whether it was not killed. */
  readonly alive: boolean
  /** The number of pauses so far. */
  readonly pauses: number
  setWall(byMs: number): void
}

export function skewedClock(common: Clock, rate: number): SkewedClock {
  let wallOffsetMs = 0
  let pausedUntil = -Infinity
  let pauses = 0
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void common.setTimeout(resolve, Math.max(0, ms)))
  const left = (): number => Math.max(0, pausedUntil - common.now())
  const run = (timer: { readonly fn: () => void; handle: unknown }): void => {
    if (pausedUntil === Infinity) return
    if (left() > 0) timer.handle = common.setTimeout(() => run(timer), left())
    else timer.fn()
  }
  return {
    rate,
    now: () => common.now() * rate,
    wallNow: () => common.now() * rate + wallOffsetMs,
    setTimeout: (fn, ms) => {
      const timer = { fn, handle: undefined as unknown }
      timer.handle = common.setTimeout(() => run(timer), ms / rate)
      return timer
    },
    clearTimeout: (timer) => common.clearTimeout((timer as { handle: unknown }).handle),
    sleep,
    awake: async () => {
      // The machine may be paused once more, or killed, meanwhile.
      while (left() > 0) await (pausedUntil === Infinity ? new Promise<never>(() => {}) : sleep(left()))
    },
    pause: (ms) => {
      pauses++
      pausedUntil = Math.max(pausedUntil, common.now() + ms)
    },
    kill: () => (pausedUntil = Infinity),
    get running() {
      return left() === 0
    },
    get alive() {
      return pausedUntil !== Infinity
    },
    get pauses() {
      return pauses
    },
    setWall: (byMs) => (wallOffsetMs += byMs),
  }
}
