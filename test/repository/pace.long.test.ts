import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busyness, type Watched } from '../support/pace.js'

/** Watches itself until a message asks for its findings, and one look more, or while it works without a break. */
const WATCHER = `
  import { ownTime, watchPace } from './pace.js'
  const [watched, own] = [watchPace(), ownTime()]
  const work = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); }
  const orders = {
    work,
    answer: () => setTimeout(() => process.send({ ...watched(), ownMs: ownTime() - own }), 200),
    'work without a break': (ms) => {
      const own = ownTime()
      const cpu = process.cpuUsage()
      work(ms)
      const { user, system } = process.cpuUsage(cpu)
      process.send({ ownMs: ownTime() - own, workedMs: (user + system) / 1_000 })
    },
  }
  process.on('message', ([order, ms]) => { orders[order](ms); if (order === 'work') process.send('worked') })
  process.on('disconnect', () => process.exit())
  process.send('ready')`

interface Seen extends Watched {
  readonly ownMs: number
}

let directory: string
let program: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-pace-'))
  program = join(directory, 'watcher.mjs')
  const stdin = { contents: WATCHER, resolveDir: join(import.meta.dirname, '../support') }
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: program })
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function watched(during: (child: ReturnType<typeof fork>) => Promise<unknown>): Promise<Seen> {
  const child = fork(program, { execArgv: [] })
  try {
    await once(child, 'message')
    await during(child)
    child.send(['answer'])
    const [seen] = (await once(child, 'message')) as [Seen]
    return seen
  } finally {
    child.kill('SIGKILL')
  }
}

const HALT_MS = 1_000
const SLEEP_MS = 100

test('a process that was halted knows for how long, and that time is not its own', async () => {
  const seen = await watched(async (child) => {
    child.kill('SIGSTOP')
    await sleep(HALT_MS)
    child.kill('SIGCONT')
  })
  expect(seen.haltMs).toBeGreaterThan(HALT_MS / 2)
  expect(seen.ownMs).toBeLessThan(seen.ms - HALT_MS / 3)
})

test('its own work is no fault of the machine, and takes its own time', async ({ skip }) => {
  const seen = await watched(async (child) => {
    const done = once(child, 'message')
    // The work takes longer than the machine halts a process by itself.
    child.send(['work', 3 * HALT_MS])
    await done
  })
  if (seen.slowdown > 2) skip(`this machine is ${seen.slowdown.toFixed(1)} times slower than alone`)
  expect(seen.haltMs).toBeLessThan(2 * HALT_MS)
  expect(seen.ownMs).toBeGreaterThan(HALT_MS / 2)
})

test('work without a break, during which no sample can be taken, is its own too', async () => {
  const child = fork(program, { execArgv: [] })
  try {
    await once(child, 'message')
    child.send(['work without a break', 3 * HALT_MS])
    const [{ ownMs, workedMs }] = (await once(child, 'message')) as [{ ownMs: number; workedMs: number }]
    // Other processes may have taken any part of that time. The sleep of a sample may have been counted before it.
    expect(ownMs + SLEEP_MS).toBeGreaterThan(workedMs * 0.9)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a failure counts on a quiet machine, and not on one that was slow or stood still', () => {
  const ms = 2_000
  expect(busyness({ ms, slowdown: 1, haltMs: 0 })).toBeUndefined()
  expect(busyness({ ms, slowdown: 3, haltMs: 100 })).toBeUndefined()
  expect(busyness({ ms, slowdown: 9, haltMs: 0 })).toContain('9.0 times slower')
  expect(busyness({ ms, slowdown: 1, haltMs: 700 })).toContain('700 ms')
  expect(busyness({ ms: 5, slowdown: 9, haltMs: 0 })).toBeUndefined()
})
