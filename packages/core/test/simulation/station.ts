import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../../src/clock.js'
import { asyncContext } from '../../src/async-context/index.js'
import { createLocker, type Locker } from '../../src/locker.js'
import { toLockManager, type WebLockManager } from '../../src/web-locks/index.js'
import type { HandOverBounds } from '../../src/options/options.js'
import type { AcquisitionEvent, LockEvent } from '../../src/observer/observer.js'
import type { Dice } from '../support/dice.js'
import { eventLedger, type Ledger } from '../support/ledger.js'
import type { Caller, Judge } from './judge.js'
import { createMachine, type Machine } from './machine.js'
import { createNetwork, type Network } from './network.js'
import type { StoreRecord } from './record.js'
import type { Weather } from './weather.js'

// Made only here: the platform keeps each storage of contexts for ever.
const CONTEXTS = { reenter: asyncContext(), refuse: asyncContext({ nested: 'refuse' }) }

/** A signal that aborts at an event. */
export interface AbortAtEvent {
  readonly hook: string
  readonly name: string
  abort(): void
}

/** A locker with its machine and its network. */
export interface Station {
  readonly locks: Locker
  readonly managers: readonly WebLockManager[]
  readonly machine: Machine
  readonly network: Network
  /** Whether nested calls re-enter by their async context. */
  readonly nested: 'reenter' | 'refuse' | undefined
  /** The bound of a call to the store. */
  readonly attemptMs: number
  readonly handOver: HandOverBounds
  readonly atEvent: Set<AbortAtEvent>
  /** The controllers of signals that several requests share. The last is used for new requests. */
  readonly shared: AbortController[]
  readonly events: { acquired: number; resumed: number; ended: number; ticketed: number }
  /** The ledger of the locker's observer. */
  readonly ledger: Ledger
  isClosed: boolean
  closedAt: number
}

export interface StationOptions {
  readonly clock: Clock
  readonly record: StoreRecord
  readonly weather: Weather
  readonly batches: boolean
  readonly judge: Judge
  readonly chance: Dice
  readonly scope: AsyncLocalStorage<Caller>
  readonly rates: readonly [slowest: number, fastest: number]
  readonly count: (event: string) => void
  readonly note: (line: string) => void
}

export function createStation(options: StationOptions): Station {
  const {
    clock,
    record,
    weather,
    batches,
    judge,
    chance,
    scope,
    rates: [slowest, fastest],
    count,
    note,
  } = options
  const outsideOfCalls = (what: string): void => {
    const caller = scope.getStore()
    if (caller !== undefined) judge.fail('context', `${what} in the context of ${caller.id}`)
  }
  const machine = createMachine(clock, {
    rate: slowest + chance.fraction() * (fastest - slowest),
    onTimerSet: () => outsideOfCalls('a timer is set'),
  })
  const network = createNetwork({
    store: record.client(),
    machine,
    chance: chance.fork(),
    weather,
    batches,
    fired: count,
    onCall: (verb) => {
      const caller = scope.getStore()
      if (verb === 'watch') outsideOfCalls('a watch begins')
      if (verb === 'extend' && caller !== undefined && caller.calls === 0)
        judge.fail('context', `a lease is extended in the context of ${caller.id}, which calls nothing`)
    },
    completed: (turn) => {
      if (!weather.hintsGrant || turn.type !== 'turn') return turn
      const hold = record.store.names.get(turn.name)?.holders.get(turn.owner)
      if (hold?.unconfirmed !== true || hold.expiresAt <= clock.now()) return turn
      return { ...turn, granted: { fence: weather.lacks.fencing === false ? null : hold.fence } }
    },
  })
  const { ttlMs } = weather
  const attemptMs = weather.slow ? ttlMs : chance.between(30, Math.max(30, ttlMs))
  const handOver = { count: chance.chance(0.3) ? 0 : chance.between(1, 20), ms: chance.between(0, 100) }
  const nested = chance.chance(0.5) ? (chance.chance(0.15) ? 'refuse' : 'reenter') : undefined
  const events = { acquired: 0, resumed: 0, ended: 0, ticketed: 0 }
  const atEvent = new Set<AbortAtEvent>()

  /** Events that are reported in the context of the caller of the request. */
  const CALL_HOOKS = ['started', 'waiting', 'contended', 'acquired', 'failed']
  const onEvent = (hook: string, event: LockEvent): void => {
    const { name } = event
    const names = 'names' in event ? (event as AcquisitionEvent).names : [name]
    const caller = scope.getStore()
    // An aborted request to a lock manager goes on until the store has released its claim.
    if (CALL_HOOKS.includes(hook) && (caller === undefined || (caller.calls === 0 && !name.startsWith('web:'))))
      judge.fail('context', `${hook} of ${name} is reported in the context of ${caller?.id ?? 'nobody'}`)
    if (hook === 'acquired') events.acquired++
    if (hook === 'lost' || hook === 'released') events.ended++
    count(hook)
    for (const each of names) {
      note(`  ${hook} ${each.slice(0, 8)}`)
      for (const entry of [...atEvent]) if (entry.hook === hook && entry.name === each) entry.abort()
    }
  }
  const ledger = eventLedger({
    fail: (message) => judge.fail('events', message),
    callerNow: () => scope.getStore(),
    onEvent,
  })

  const locks = createLocker({
    backend: network.backend,
    clock: machine,
    ttlMs,
    attemptTimeoutMs: attemptMs,
    handOver,
    ...(nested !== undefined && { context: CONTEXTS[nested] }),
    observer: ledger.observer,
  })
  return {
    locks,
    managers: [toLockManager(locks), toLockManager(locks)],
    machine,
    network,
    nested,
    attemptMs,
    handOver,
    atEvent,
    shared: [new AbortController()],
    events,
    ledger,
    isClosed: false,
    closedAt: Infinity,
  }
}
