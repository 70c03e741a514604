/**
 * How this machine treats this process, measured while it runs: ten times a second it sleeps, and then works for a
 * millisecond. Other processes took the time by which both take longer.
 */
const SLEEP_MS = 100
const WORK_MS = 1
/** Timers are exact to a millisecond or two on a machine with nothing else to do. */
const TIMER_MS = 2
/** The share of the newest sample in the average: about a second. */
const SHARE = 0.1
/** The most that counts of one sample, so that a single halt is no slowness. */
const MOST = 20

// The functions of the machine, whatever a test makes of the globals.
const { setTimeout } = globalThis
const clock = performance.now.bind(performance)
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

let pace = 1
let ownMs = 0
let seenAt = clock()
let cpuSeen = cpuMs()
const watches = new Set<{ haltMs: number }>()

/** How many times longer than alone a short piece of work takes at present: at least 1. */
export const currentSlowdown = (): number => pace

/** A span of real time (a ttl, a wait) that is as long for this process as `ms` are on a machine of its own. */
export const paced = (ms: number): number => Math.ceil(ms * pace)

/**
 * Monotonic milliseconds that pass as slowly as the machine lets this process go on: on a quiet machine those of a
 * clock, on one where everything takes ten times as long a tenth of them. Upper bounds use it, and the ends of waits.
 */
export function ownTime(): number {
  const passed = clock() - seenAt
  // A test that computes for seconds lets no sample be taken meanwhile. For the rest the part of other processes is
  // unknown.
  return ownMs + Math.max(Math.min(passed, SLEEP_MS) / pace, Math.min(passed, cpuMs() - cpuSeen))
}

/** The treatment of this process by the machine since the watch began. */
export interface Watched {
  /** How long the watch lasted. */
  readonly ms: number
  /** The mean slowdown. */
  readonly slowdown: number
  /** The longest time, in milliseconds, for which it was not let go on at all. */
  readonly haltMs: number
}

/** Begins to watch; the answer ends it. */
export function watchPace(): () => Watched {
  const [from, ownFrom] = [clock(), ownTime()]
  const watch = { haltMs: 0 }
  watches.add(watch)
  return () => {
    watches.delete(watch)
    const ms = clock() - from
    return { ms, slowdown: Math.max(1, ms / Math.max(1, ownTime() - ownFrom)), haltMs: watch.haltMs }
  }
}

/** Beyond these values a lease may end, or a call take longer than it may, without a fault of the lock. */
const SLOW = 4
const HALT_MS = 250

/** In words why what was watched proves nothing about spans of real time, or `undefined` when it does. */
export function busyness({ ms, slowdown, haltMs }: Watched): string | undefined {
  // A test that fails at once fails on any machine.
  if (ms < HALT_MS || (slowdown < SLOW && haltMs < HALT_MS)) return undefined
  return `busy (${slowdown.toFixed(1)} times slower than alone, halted for up to ${Math.round(haltMs)} ms)`
}

function sample(sleptAt: number, cpuBefore: number): void {
  const wokeAt = clock()
  const cpuAwake = cpuMs()
  // The work of this process itself meanwhile is not the fault of the machine.
  const late = Math.max(0, wokeAt - sleptAt - SLEEP_MS - TIMER_MS - (cpuAwake - cpuBefore))
  let worked = 0
  while (worked < WORK_MS) worked = cpuMs() - cpuAwake
  const now = clock()
  const taken = late + Math.max(0, now - wokeAt - worked)
  pace += SHARE * (1 + Math.min(taken / worked, MOST) - pace)
  ownMs = Math.max(ownTime(), ownMs + (now - seenAt) / pace)
  seenAt = now
  cpuSeen = cpuMs()
  for (const watch of watches) watch.haltMs = Math.max(watch.haltMs, taken)
  measure()
}

function measure(): void {
  const [sleptAt, cpu] = [clock(), cpuMs()]
  setTimeout(() => sample(sleptAt, cpu), SLEEP_MS).unref()
}

measure()
