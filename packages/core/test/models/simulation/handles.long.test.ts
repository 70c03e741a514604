import { expect, test } from 'vitest'
import { createLocker, isLockError, type Lease, memoryBackend } from '../../../src/index.js'
import { faultyBackend } from '../../support/backend.js'
import { settled, virtualClock } from '../../support/clock.js'
import { type Fault, hangsAfter, pass, refused, replyLost, requestLost, slow } from '../../support/faults.js'

function random(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const NAMES = ['a', 'b', 'c']

async function run(seed: number, fencing: boolean, force: boolean): Promise<string[]> {
  const next = random(seed)
  const int = (n: number): number => Math.floor(next() * n)
  const pick = <T>(list: readonly T[]): T => list[int(list.length)] as T
  const clock = virtualClock()
  const store = memoryBackend({ clock })
  const problems: string[] = []
  const faultRate = pick([0, 0.05, 0.2])
  const fault: Fault = (execute, c) => {
    const roll = next()
    if (roll < faultRate)
      return pick([requestLost, replyLost, slow(int(40), int(40)), slow(int(400)), refused(), refused(), hangsAfter])(
        execute,
        c,
      )
    return roll < 0.6 ? slow(int(4), int(4))(execute, c) : pass(execute, c)
  }
  const ttlMs = pick([60, 200, 1_000])
  const calm = faultRate === 0 && ttlMs >= 200 && !force
  const lost = ({ name, reason }: { name: string; reason: Error }): void => {
    if (calm && /taken|store holds/.test(reason.message)) problems.push(`seed ${seed}: ${name} ${reason.message}`)
  }
  const lockers = Array.from({ length: 3 }, () => {
    const backend = faultyBackend(clock, { store, capabilities: fencing ? {} : { fencing: false } })
    for (const verb of ['acquire', 'extend', 'release', 'inspect', 'evict'] as const) backend.always(verb, fault)
    return {
      backend,
      locks: createLocker({ backend, clock, ttlMs, attemptTimeoutMs: pick([15, 50]), observer: { lost } }),
    }
  })
  const handles = new Set<Lease>()
  const ownersOf = (lease: Lease): Map<string, string> => {
    // A lease on several names shows the owner of its first name only.
    return new Map(lease.names.map((name, i) => [name, i === 0 ? lease.owner : `${lease.owner}/?`]))
  }
  const check = (): void => {
    if (force) return
    for (const name of NAMES) {
      const here = [...handles].filter((h) => h.names.includes(name) && h.held)
      const groups = new Map<unknown, Lease[]>()
      for (const h of here) {
        const key = keyOf.get(h)?.get(name) ?? ownersOf(h).get(name)
        groups.set(key, [...(groups.get(key) ?? []), h])
      }
      if (groups.size > 1 && here.some(({ mode }) => mode === 'exclusive'))
        problems.push(`seed ${seed} t=${clock.now() - 1_000_000}: ${name} held exclusively beside others`)
    }
  }
  // Handles share a hold when one was entered within the other.
  const newest = new Map<string, number>()
  const keyOf = new Map<Lease, Map<string, object>>()
  let running = 0
  const actor = async (who: number): Promise<void> => {
    const { locks } = pick(lockers)
    const mine: Lease[] = []
    const forget = (lease: Lease): void => {
      handles.delete(lease)
      mine.splice(mine.indexOf(lease), 1)
    }
    for (let step = 0; step < 12; step++) {
      const roll = next()
      try {
        if (roll < 0.35) {
          const several = next() < 0.4
          const name = several ? NAMES.filter(() => next() < 0.7) : pick(NAMES)
          if (name.length === 0) continue
          const mode = next() < 0.3 ? 'shared' : 'exclusive'
          const held = mine.filter((l) => l.held)
          const within = held.length > 0 && next() < 0.6 ? pick(held) : undefined
          const controller = next() < 0.2 ? new AbortController() : undefined
          if (controller !== undefined) clock.setTimeout(() => controller.abort(new Error('aborted')), int(100))
          const waitMs = pick([0, 20, 200])
          const lease = await locks.acquire(name, {
            mode,
            waitMs,
            renew: next() < 0.8,
            ...(controller && { signal: controller.signal }),
            ...(within && { within }),
          })
          keyOf.set(lease, new Map(lease.names.map((n) => [n, (within && keyOf.get(within)?.get(n)) ?? { n, who }])))
          mine.push(lease)
          handles.add(lease)
          if (fencing && !force && within === undefined && mode === 'exclusive' && lease.held) {
            for (const [n, fence] of lease.fences) {
              const last = newest.get(n) ?? 0
              if (fence === null || fence <= last) problems.push(`seed ${seed}: ${n} fence ${fence} after ${last}`)
              newest.set(n, fence ?? 0)
            }
          }
          check()
          if (next() < 0.3) void lease.signal
        } else if (force && roll < 0.38) {
          const name = next() < 0.3 ? NAMES : pick(NAMES)
          const lease = await locks.acquire(name, { steal: true, mode: next() < 0.3 ? 'shared' : 'exclusive' })
          mine.push(lease)
          handles.add(lease)
        } else if (force && roll < 0.4) {
          await locks.forceRelease(pick(NAMES))
        } else if (force && roll < 0.42 && mine.length > 0) {
          const lease = pick(mine)
          const ticket = lease.ticket()
          forget(lease)
          const resumed = await pick(lockers).locks.resume(ticket)
          mine.push(resumed)
          handles.add(resumed)
        } else if (roll < 0.43) {
          for (const { backend } of lockers)
            for (const name of NAMES) backend.hint({ type: 'taken', name, owner: null })
        } else if (roll < 0.5 && mine.length > 0) {
          const lease = pick(mine)
          await lease.extend(next() < 0.5 ? undefined : ttlMs * 2)
        } else if (roll < 0.7 && mine.length > 0) {
          const lease = pick(mine)
          const releasing = lease.release()
          forget(lease)
          if (next() < 0.5) await releasing
        } else {
          await new Promise((resolve) => void clock.setTimeout(() => resolve(undefined), int(60)))
        }
      } catch (error) {
        if (
          !isLockError(error) &&
          !(error instanceof TypeError && error.message.startsWith('within')) &&
          String(error) !== 'Error: aborted'
        )
          problems.push(`seed ${seed}: ${String((error as Error).stack)}`)
      }
      check()
    }
    for (const lease of [...mine]) {
      forget(lease)
      await lease.release()
    }
  }
  const all = Array.from({ length: 7 }, async (_, i) => {
    running++
    await actor(i)
    running--
  })
  for (let i = 0; i < 4_000 && running > 0; i++) {
    await clock.step(Infinity)
    check()
  }
  if (running > 0) problems.push(`seed ${seed}: ${running} hang`)
  else await Promise.all(all)
  let closed = 0
  for (const { locks } of lockers) void locks.close().then(() => closed++)
  await clock.advance(1_000)
  if (closed < lockers.length) problems.push(`seed ${seed}: close hangs`)
  await clock.advance(10_000)
  for (const name of NAMES) if ((await store.inspect(name)) !== null) problems.push(`seed ${seed}: ${name} left`)
  if (clock.pending() > 0) problems.push(`seed ${seed}: ${clock.pending()} timers left`)
  return problems
}

test.each([
  [true, false],
  [false, false],
  [true, true],
  [false, true],
])(
  'nothing goes wrong in many ways of using it, with fences: %s, by force: %s',
  async (fencing, force) => {
    const unhandled: unknown[] = []
    const keep = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', keep)
    const problems: string[] = []
    const from = Number(process.env['FROM'] ?? 0)
    for (let seed = from; seed < from + Number(process.env['SEEDS'] ?? 200); seed++)
      problems.push(...(await run(seed, fencing, force)).slice(0, 2))
    await settled()
    process.off('unhandledRejection', keep)
    expect([...problems.slice(0, 20), ...unhandled.slice(0, 3).map(String)]).toEqual([])
  },
  300_000,
)
