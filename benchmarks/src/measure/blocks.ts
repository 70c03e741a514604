import type { Locks } from '../locks/contender.js'
import type { Measured } from './alternate.js'
import { median } from './stats.js'

/** Repeats one operation for `ms` milliseconds: the median time of one, the client's CPU for one, how many a second. */
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

/** Acquires and releases in `loops` loops at once, each on a name of its own. */
export async function crowd(locks: Locks, names: readonly string[], ms: number): Promise<Measured> {
  let count = 0
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const loop = async (name: string): Promise<void> => {
    do {
      await pair(locks, name)
      count++
    } while (performance.now() - start < ms)
  }
  await Promise.all(names.map(loop))
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(cpuBefore)
  return { rate: count / elapsed, cpu: (user + system) / count }
}

export async function pair(locks: Locks, name: string): Promise<void> {
  const held = await locks.acquire(name)
  await held.release()
}
