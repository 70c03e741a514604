import { expect, test } from 'vitest'
import { runModule } from '../support/child.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

// By default fewer names and waiters; with HOLDFAST_FULL=1 a million names and 100,000 waiters.
const isFull = process.env['HOLDFAST_FULL'] !== undefined
const NAMES = isFull ? 1_000_000 : 20_000
const WAITERS = isFull ? 100_000 : 10_000
const MOST_BLOCKED_MS = 250
const MOST_LEFT_BYTES = 2 ** 20

/** A program that prints, after each piece of work, the memory that is left and the longest turn of the event loop. */
const measuring = `
  import { existsSync, readFileSync } from 'node:fs'
  import { setFlagsFromString } from 'node:v8'
  import { runInNewContext } from 'node:vm'

  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  // What this thread has worked: on a busy machine that differs from what has passed.
  const stat = '/proc/self/task/' + process.pid + '/schedstat'
  const workedMs = existsSync(stat)
    ? () => Number(readFileSync(stat, 'utf8').split(' ')[0]) / 1e6
    : () => process.cpuUsage().user / 1e3

  async function used() {
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      gc()
    }
    return process.memoryUsage().heapUsed
  }

  async function measure(work) {
    const before = await used()
    let [longest, last, ended] = [0, workedMs(), false]
    const look = () => {
      const now = workedMs()
      longest = Math.max(longest, now - last)
      last = now
      if (!ended) setImmediate(look)
    }
    setImmediate(look)
    await work()
    await turn()
    ended = true
    return { leftBytes: (await used()) - before, blockedMs: Math.round(longest) }
  }
`

const names = `
  const locks = createLocker({ backend: memoryBackend() })
  const play = async (count) => {
    for (let i = 0; i < count; i++) {
      const lease = await locks.acquire('name ' + i)
      if (i % 10 === 0) lease.signal
      await lease.release()
      if (i % 1_000 === 999) await turn()
    }
  }
  await play(5_000)
  console.log(JSON.stringify(await measure(() => play(${NAMES}))))
  await locks.close()
`

type Ending = 'one signal' | 'timeouts' | 'close()'

const waiters = (by: Ending): string => `
  const play = async (count) => {
    const locks = createLocker({ backend: memoryBackend() })
    await locks.acquire('name')
    const controller = new AbortController()
    const options = { waitMs: ${by === 'timeouts' ? '500' : 'Infinity'}, signal: controller.signal }
    const all = []
    for (let i = 0; i < count; i++) {
      all.push(locks.acquire('name', options).catch(() => {}))
      if (i % 1_000 === 999) await turn()
    }
    ${by === 'one signal' ? 'controller.abort()' : by === 'close()' ? 'await locks.close()' : ''}
    await Promise.all(all)
    await locks.close()
  }
  await play(2_000)
  console.log(JSON.stringify(await measure(() => play(${WAITERS}))))
`

async function figuresOf(source: string): Promise<{ leftBytes: number; blockedMs: number }> {
  const { code, out, err } = await runModule(measuring + source, { limitMs: isFull ? 600_000 : 60_000 })
  expect([code, err]).toEqual([0, ''])
  if (isFull) console.log(out)
  return JSON.parse(out) as { leftBytes: number; blockedMs: number }
}

test(`${NAMES} names, locked after each other, leave nothing`, async () => {
  const { leftBytes } = await figuresOf(names)
  expect(leftBytes).toBeLessThan(MOST_LEFT_BYTES)
})

test.each<Ending>(['one signal', 'timeouts', 'close()'])(
  `${WAITERS} waiters that end together by %s leave nothing, and do not block the event loop`,
  async (by) => {
    const { leftBytes, blockedMs } = await figuresOf(waiters(by))
    expect(leftBytes).toBeLessThan(MOST_LEFT_BYTES)
    expect(blockedMs).toBeLessThan(MOST_BLOCKED_MS)
  },
)
