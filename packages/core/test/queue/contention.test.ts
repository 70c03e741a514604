import { expect, test } from 'vitest'
import { createLocker, type LockBackend, memoryBackend, memoryStore } from '../../src/index.js'
import { virtualClock, type VirtualClock } from '../support/clock.js'
import { allowOneMinute } from '../support/time-limit.js'
import { NAME } from '../support/world.js'

allowOneMinute()

const CALLERS = 200
const SECTION_MS = 1
const ONE_WAY_MS = 1
/** The time for which a lease is handed over within its process by default. */
const HAND_OVER_MS = 50

/** A process whose commands take time and are counted. A message announces a grant, as on Redis. */
function process(
  clock: VirtualClock,
  store: ReturnType<typeof memoryStore>,
): { backend: LockBackend; calls: () => number } {
  const inner = memoryBackend({ clock, store })
  let calls = 0
  const sleep = (): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, ONE_WAY_MS))
  const slow = async <T>(execute: () => Promise<T>): Promise<T> => {
    calls++
    await sleep()
    const answer = await execute()
    await sleep()
    return answer
  }
  const watch: LockBackend['watch'] = async (onTurn) => {
    const unwatch = await inner.watch?.((turn) => {
      const hold = turn.type === 'turn' ? store.names.get(turn.name)?.holders.get(turn.owner) : undefined
      const announced = turn.type === 'turn' && hold !== undefined ? { ...turn, granted: { fence: hold.fence } } : turn
      clock.setTimeout(() => onTurn(announced), ONE_WAY_MS)
    })
    return async () => unwatch?.()
  }
  return {
    backend: {
      ...inner,
      watch,
      acquire: (claim) => slow(() => inner.acquire(claim)),
      extend: (claims) => slow(() => inner.extend(claims)),
      release: (ownership) => slow(() => inner.release(ownership)),
    },
    calls: () => calls,
  }
}

test.each([undefined, 4_000, 60_000])(
  'two processes that contend need few commands, and wait for each other within the bounds: ttl %s',
  async (ttlMs) => {
    const clock = virtualClock()
    const store = memoryStore()
    const grants: { readonly by: number; readonly at: number; readonly handedOver: boolean }[] = []
    const processes = [0, 1].map((by) => {
      const { backend, calls } = process(clock, store)
      const acquired = ({ attempts }: { attempts: number }): void =>
        void grants.push({ by, at: clock.now(), handedOver: attempts === 0 })
      return { calls, locks: createLocker({ backend, clock, ttlMs, waitMs: Infinity, observer: { acquired } }) }
    })
    const work = (): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, SECTION_MS))
    const all = processes.flatMap(({ locks }) => Array.from({ length: CALLERS }, () => locks.request(NAME, work)))
    await clock.until(Promise.all(all))

    expect(grants.length).toBe(2 * CALLERS)
    const commands = processes.reduce((sum, { calls }) => sum + calls(), 0)
    expect(commands / grants.length).toBeLessThanOrEqual(0.5)
    // The processes take turns: neither has two turns in a row while both wait.
    const turns = grants.filter(({ handedOver }) => !handedOver)
    for (const [i, turn] of turns.entries()) {
      const before = turns[i - 1]
      if (before === undefined) continue
      expect(turn.by).not.toBe(before.by)
      expect(turn.at - before.at).toBeLessThanOrEqual(HAND_OVER_MS + SECTION_MS + 6 * ONE_WAY_MS)
    }
  },
)
