import { AsyncLocalStorage } from 'node:async_hooks'
import { settled, virtualClock } from '../support/clock.js'
import { type Dice, dice } from '../support/dice.js'
import type { Stage, Task } from './calls.js'
import { type Caller, createJudge } from './judge.js'
import { play } from './play.js'
import { drawAllFrom } from './random.js'
import { createRecord } from './record.js'
import { createStation, type Station } from './station.js'
import { drawWeather } from './weather.js'

/** A history that was played and judged. */
export interface History {
  readonly seed: number
  readonly violations: readonly string[]
  /** The events, a line each: the same seed gives the same text. */
  readonly log: readonly string[]
  /** The number of events of each kind. */
  readonly counts: Readonly<Record<string, number>>
}

// A single storage for all histories: the platform keeps each storage of contexts for ever.
const scope = new AsyncLocalStorage<Caller>()

const RUN_MS = 3_000
const NAMES = ['a', 'b', 'c']
/** The rates of the machines' clocks, relative to the store's clock: within the margin of 1 %. */
const RATES = [0.992, 1.01] as const
/** The time in which all calls under way end. */
const QUIET_MS = 15_000

/**
 * Plays one history: several lockers with several callers over one store, with faults of the network and of the
 * machines. With `batches`, the claims and releases of a locker in one turn of the event loop are one command.
 */
export async function simulate(seed: number, { batches = false }: { batches?: boolean } = {}): Promise<History> {
  drawAllFrom(seed ^ 0x5eed)
  const chance = dice(seed)
  const weather = drawWeather(chance)
  const clock = virtualClock()
  const log: string[] = [JSON.stringify(weather)]
  const note = (line: string): void => void log.push(`${clock.now().toFixed(3)} ${line}`)
  const counts: Record<string, number> = {}
  const count = (event: string): void => void (counts[event] = (counts[event] ?? 0) + 1)
  const names = NAMES.slice(0, chance.between(1, NAMES.length))
  const promised = new Map<object, number>()
  const record = createRecord(clock, note)
  const judge = createJudge({ clock, record, weather, names, promised, note })
  const stations: Station[] = []
  const work: { readonly station: Station; readonly id: string; done: boolean }[] = []
  let [isEnding, seq] = [false, 0]

  const follow = (station: Station, id: string, promise: Promise<void>): void => {
    const entry = { station, id, done: false }
    work.push(entry)
    promise.then(
      () => (entry.done = true),
      (error: unknown) => judge.fail('error', `${id}: ${String((error as Error).stack ?? error)}`),
    )
  }

  const unhandled = (reason: unknown): void => judge.fail('unhandled', String((reason as Error)?.stack ?? reason))
  process.on('unhandledRejection', unhandled)

  const stage: Stage = {
    weather,
    judge,
    names,
    tickets: [],
    promised,
    bounded: new WeakSet(),
    resumed: new WeakSet(),
    currentCaller: () => scope.getStore(),
    count,
    note,
    beside: (station, promise) => follow(station, 'aside', promise),
    runAs: (caller, run) => scope.run(caller, run),
    nextSeq: () => seq++,
    isEnding: () => isEnding,
  }

  const start = (from: Dice): void => {
    const station = createStation({
      clock,
      record,
      weather,
      batches,
      judge,
      chance: from.fork(),
      scope,
      rates: RATES,
      count,
      note,
    })
    const number = stations.push(station)
    for (
      let i = weather.theme === 'crowd' || weather.theme === 'reentry' ? from.between(3, 7) : from.between(1, 3);
      i > 0;
      i--
    ) {
      const id = `${number}.${i}`
      const task: Task = {
        id,
        station,
        machine: station.machine,
        chance: from.fork(),
        mine: [],
        surrounding: [],
        calls: 0,
      }
      follow(
        station,
        id,
        scope.run(task, () => play(stage, task, from.between(3, 14))),
      )
    }
  }

  const runUntil = async (endMs: number): Promise<void> => {
    await settled()
    while (judge.violations.length === 0 && (await clock.step(endMs))) judge.look()
    if (judge.violations.length > 0) throw STOPPED
    await clock.advance(Math.max(0, endMs - clock.now()))
  }

  const disturb = (from: Dice): void => {
    const at = (act: (station: Station) => void): void => {
      const chosen = (): Station => stations[from.between(0, stations.length - 1)] as Station
      clock.setTimeout(
        () => {
          const station = chosen()
          if (station.machine.running && !station.isClosed) act(station)
        },
        from.between(0, RUN_MS),
      )
    }
    for (let i = from.between(0, 3); i > 0; i--)
      at(({ shared }) => {
        shared.push(new AbortController())
        shared.at(-2)?.abort('aborted')
      })
    if (weather.stops) {
      // A clock that is set and a clock that stands still, in one history, are beyond the promises.
      const setsWall = from.chance(0.4)
      for (let i = from.between(1, 3); i > 0; i--)
        at(({ machine }) => {
          const ms = from.between(20, 2_000)
          const suspends = !setsWall && from.chance(0.5)
          note(suspends ? `suspended for ${ms}` : `blocked for ${ms}`)
          if (suspends) machine.suspend(ms)
          else machine.block(ms)
        })
      if (setsWall) at(({ machine }) => machine.setWall(from.between(-5_000, 5_000)))
      if (from.chance(0.4))
        at(({ machine }) => {
          note('killed')
          machine.kill()
          start(from)
        })
    }
    if (weather.closes)
      at((station) => {
        note('closed')
        close(station)
        start(from)
      })
  }

  const close = (station: Station): void => {
    station.isClosed = true
    station.closedAt = clock.now()
    follow(station, 'close()', station.locks.close())
  }

  const finish = async (): Promise<void> => {
    isEnding = true
    for (const { network, machine, shared } of stations) {
      network.heal()
      if (machine.alive && chance.chance(0.5)) void machine.awake().then(() => shared.at(-1)?.abort('aborted'))
    }
    await runUntil(clock.now() + QUIET_MS)
    const left = work.filter(({ station, done }) => station.machine.alive && !done)
    if (left.length > 0) judge.fail('P7', `${left.map(({ id }) => id).join()} has not settled`)
    for (const station of stations) if (station.machine.alive && !station.isClosed) close(station)
    await runUntil(clock.now() + 500)
    if (work.some(({ station, done }) => station.machine.alive && !done)) judge.fail('P7', 'close() has not settled')
    await runUntil(clock.now() + QUIET_MS)
    lookAtRest()
  }

  /** P8: no lock, timer or watch is left, and every lease has ended. */
  const lookAtRest = (): void => {
    for (const name of record.store.names.keys()) if (record.isHeld(name)) judge.fail('P8', `${name} is still held`)
    if (clock.pending() > 0) judge.fail('P8', `${clock.pending()} timers are still set`)
    for (const { machine, network, events, ledger } of stations) {
      if (!machine.alive) continue
      if (network.watches() > 0) judge.fail('P8', 'a watch has not ended')
      const { acquired, resumed, ended, ticketed } = events
      if (acquired + resumed !== ended + ticketed) judge.fail('events', JSON.stringify(events))
      const { open, waiting, held, counts: seen } = ledger
      if (open.size + waiting.size + held.size > 0 || seen.started !== seen.acquired + seen.failed)
        judge.fail('events', `${open.size} acquisitions and ${held.size} leases have no end`)
    }
    judge.lookAtEnd()
  }

  try {
    for (let i = chance.between(1, 3); i > 0; i--) start(chance.fork())
    disturb(chance.fork())
    await runUntil(clock.now() + RUN_MS)
    await finish()
  } catch (error) {
    if (error !== STOPPED) throw error
  } finally {
    process.off('unhandledRejection', unhandled)
  }
  return { seed, violations: judge.violations, log, counts }
}

/** Ends the history at the first violation, because later events prove nothing. */
const STOPPED = new Error('a promise was broken')
