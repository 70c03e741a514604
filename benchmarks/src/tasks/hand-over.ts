import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients } from '../locks/clients.js'
import type { Locks } from '../locks/contender.js'
import { contender } from '../locks/index.js'
import { sharedNow } from '../measure/clock.js'

export interface HandOverArgs extends LoopArgs {
  readonly contender: string
  /** When to begin, on the clock that all processes share. */
  readonly from: number
}

interface LoopArgs {
  readonly name: string
  /** How many loops of one user want the name. */
  readonly waiters: number
  /** When to end, on the clock that all processes share. */
  readonly until: number
  readonly workMs: number
  /** The pause of a loop after a release, before it wants the name again. */
  readonly pauseMs: number
}

/** The times of an acquisition: of the call, of the grant, and of the release. */
export type Hold = readonly [askedAt: number, gotAt: number, releasedAt: number]

export interface LoopRecord {
  readonly holds: readonly Hold[]
  /** The longest wait, which may be that of a caller that still waits at the end. */
  readonly longestWaitMs: number
}

/** The time at the end for the loops that still wait to stop. */
const DRAIN_MS = 1_000

/** Runs loops that want one name, and answers the record of each loop. */
export async function handOver(clients: Clients, args: HandOverArgs): Promise<LoopRecord[]> {
  const terms = { ttlMs: 10_000, waitMs: args.until - args.from + DRAIN_MS }
  const locks = contender(args.contender).open(clients, terms)
  await sleep(Math.max(0, args.from - sharedNow()))
  const records = await contend([locks], args)
  await locks.close?.()
  return records
}

/** Runs the loops of one or more users, until the time is up. */
export async function contend(users: readonly Locks[], args: LoopArgs): Promise<LoopRecord[]> {
  const loops = users.flatMap((locks) => Array.from({ length: args.waiters }, () => startLoop(locks, args)))
  await sleep(Math.max(0, args.until - sharedNow()))
  const records = loops.map((loop) => loop.record())
  await Promise.race([Promise.all(loops.map((loop) => loop.done)), sleep(DRAIN_MS)])
  return records
}

/**
 * The times of the hand-overs to a holder that was waiting already: a releaser that takes the name back at once has not
 * handed it over.
 */
export function handOversOf(holds: readonly Hold[]): number[] {
  return holds.flatMap(([askedAt, gotAt], i) => {
    const releasedAt = holds[i - 1]?.[2]
    return releasedAt === undefined || askedAt > releasedAt ? [] : [gotAt - releasedAt]
  })
}

interface Loop {
  record(): LoopRecord
  readonly done: Promise<void>
}

function startLoop(locks: Locks, { name, until, workMs, pauseMs }: LoopArgs): Loop {
  const holds: Hold[] = []
  let askedAt: number | undefined
  let longestWaitMs = 0

  const run = async (): Promise<void> => {
    while (sharedNow() < until) {
      const asked = (askedAt = sharedNow())
      const held = await locks.acquire(name)
      const got = sharedNow()
      askedAt = undefined
      longestWaitMs = Math.max(longestWaitMs, Math.min(got, until) - asked)
      if (got < until) await sleep(workMs)
      const released = sharedNow()
      if (got < until) holds.push([asked, got, released])
      await held.release()
      if (pauseMs > 0) await sleep(pauseMs)
    }
  }

  return {
    done: run().catch(() => {}),
    record: () => ({
      holds: [...holds],
      longestWaitMs: askedAt === undefined ? longestWaitMs : Math.max(longestWaitMs, until - askedAt),
    }),
  }
}
