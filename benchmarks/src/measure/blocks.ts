import type { Locks } from '../locks/contender.js'
import type { Measured } from './alternate.js'
import { median } from './stats.js'

/**
 * Repeats an operation for `ms` milliseconds. Answers its median time, its CPU time in the client, and its rate per
 * second.
 */
export async function repeat(operation: () => Promise<unknown>, ms: number): Promise<Measured> {
  const times: number[] = []
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  let last = start
  do {
    await operation()
    const now = performance.now()
    times.push(now - last)
    last = now
  } while (last - start < ms)
  const { user, system } = process.cpuUsage(cpuBefore)
  const count = times.length
  return { p50: median(times), cpu: (user + system) / count, rate: count / (last - start) }
}

/** Repeats each operation in a loop of its own, all loops at once. */
export async function crowd(operations: readonly (() => Promise<unknown>)[], ms: number): Promise<Measured> {
  let count = 0
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const loop = async (operation: () => Promise<unknown>): Promise<void> => {
    do {
      await operation()
      count++
    } while (performance.now() - start < ms)
  }
  await Promise.all(operations.map(loop))
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(cpuBefore)
  return { rate: count / elapsed, cpu: (user + system) / count }
}

/** A pair of acquire and release for each name. */
export function pairLoops(locks: Locks, names: readonly string[]): readonly (() => Promise<void>)[] {
  return names.map((name) => () => pair(locks, name))
}

export async function pair(locks: Locks, name: string): Promise<void> {
  const held = await locks.acquire(name)
  await held.release()
}
