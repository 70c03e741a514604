import { AsyncLocalStorage } from 'node:async_hooks'
import type { LockBackend, Turn } from '../../src/backend.js'
import { BackendError } from '../../src/errors/errors.js'
import { type Answer, createCoalescer } from '../../src/timers/coalescer.js'
import { microtasks } from '../support/clock.js'
import type { Dice } from '../support/dice.js'
import type { Machine } from './machine.js'
import type { Weather } from './weather.js'

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

export interface NetworkOptions {
  readonly store: LockBackend
  readonly machine: Machine
  readonly chance: Dice
  readonly weather: Weather
  /** Whether the claims and releases of one turn of the event loop are one command. */
  readonly batches: boolean
  readonly fired: (event: Fate | 'batched') => void
  /** Called at each call of the locker, in the async context of the call. */
  readonly onCall: (verb: string) => void
  /** Completes a hint when it arrives. */
  readonly completed: (turn: Turn) => Turn
}

export interface Network {
  readonly backend: LockBackend
  /** From now on every command is delivered. */
  heal(): void
  /** The number of watches that are not ended. */
  watches(): number
  /** The number of calls to extend that are not answered. */
  extending(): number
}

const never = (): Promise<never> => new Promise(() => {})

/** Few, so that the calls of one turn sometimes need several commands. */
const MOST_IN_BATCH = 3

const valueOf = (value: unknown): Answer<unknown> => ({ value })
const errorOf = (error: unknown): Answer<unknown> => ({ error })

const closed = (): never => {
  throw new BackendError('the connection was closed', { executed: 'unknown' })
}

/** A client of the store, with faults for its commands and for the notifications of the store. */
export function createNetwork(options: NetworkOptions): Network {
  const { store, machine, chance, weather, batches, fired, onCall, completed } = options
  let healed = false
  let [watches, extending] = [0, 0]

  const drawFate = (): Fate => {
    if (healed || !weather.faults) return 'delivered'
    const fate = chance.weighted(FATES)
    return fate === 'repeated' && !weather.repeats ? 'delivered' : fate
  }

  const travel = async (): Promise<void> => {
    const ms = weather.slow ? weather.latencyMs : chance.between(0, weather.latencyMs)
    if (ms > 0) await machine.sleep(ms)
    else await microtasks(chance.between(0, 6))
  }

  const extend: LockBackend['extend'] = async (claims) => {
    extending++
    try {
      return await ask('extend', () => store.extend(claims).then((answers) => answers.map(fenced)))
    } finally {
      extending--
    }
  }

  const ask = <T>(verb: string, execute: () => Promise<T>): Promise<T> => {
    onCall(verb)
    return send(execute)
  }

  const coalescer = createCoalescer<() => Promise<unknown>, unknown>({
    most: MOST_IN_BATCH,
    sendMany: (commands) => {
      if (commands.length > 1) fired('batched')
      // The store executes the commands in their order, with nothing in between.
      return send(() => Promise.all(commands.map((execute) => execute().then(valueOf, errorOf))))
    },
  })

  /** Like {@link ask}, but in one command with the other calls of this turn of the event loop. */
  const askTogether = <T>(verb: string, execute: () => Promise<T>): Promise<T> => {
    if (!batches) return ask(verb, execute)
    onCall(verb)
    return coalescer.ask(execute) as Promise<T>
  }

  const send = async <T>(execute: () => Promise<T>): Promise<T> => {
    const fate = drawFate()
    const lateMs = chance.between(0, 3_000)
    fired(fate)
    await travel()
    if (fate === 'requestLost') return closed()
    if (fate === 'refused') throw new BackendError('the store is loading', { executed: 'no' })
    if (fate === 'hangs') return never()
    if (fate === 'resent') {
      void machine.sleep(lateMs).then(execute)
      if (lateMs % 2 === 0) void machine.sleep(lateMs + 50).then(execute)
      await travel()
      return closed()
    }
    if (fate === 'delayed') await machine.sleep(lateMs / 3)
    const answer = await execute()
    if (fate === 'repeated') void machine.sleep(lateMs).then(execute)
    await (fate === 'delayed' ? machine.sleep(lateMs / 4) : travel())
    await machine.awake()
    if (fate === 'replyLost') return closed()
    if (fate === 'hangsAfter') return never()
    return answer
  }

  /** Removes the fence from an answer if the store has no fences. */
  const fenced = <T extends object>(answer: T): T =>
    weather.lacks.fencing === false && 'fence' in answer ? { ...answer, fence: null } : answer

  const watch = async (onTurn: (turn: Turn) => void): Promise<() => Promise<void>> => {
    onCall('watch')
    const inContext = AsyncLocalStorage.snapshot()
    const arrive = (turn: Turn): void => inContext(() => onTurn(completed(turn)))
    const unwatch = await store.watch?.((turn) => {
      // Hints are lost, late and repeated, like commands.
      for (let copies = weather.hintsFail && chance.chance(0.2) ? 2 : 1; copies > 0; copies--) {
        if (!healed && weather.hintsFail && chance.chance(0.2)) continue
        const arrived = travel().then(() => machine.awake())
        void arrived.then(() => arrive(turn))
      }
    })
    watches++
    return async () => {
      watches--
      await unwatch?.()
    }
  }

  return {
    backend: {
      ...store,
      capabilities: { ...store.capabilities, ...weather.lacks },
      acquire: (claim) => askTogether('acquire', () => store.acquire(claim).then(fenced)),
      extend,
      release: (ownership) => askTogether('release', () => store.release(ownership)),
      inspect: (name) => ask('inspect', () => store.inspect(name)),
      evict: (name) => ask('evict', () => store.evict(name)),
      watch,
    },
    heal: () => (healed = true),
    watches: () => watches,
    extending: () => extending,
  }
}
