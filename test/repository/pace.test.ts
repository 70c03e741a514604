import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busyness, type Watched } from '../support/pace.js'

/** Watches itself until it is told to end, and then tells what it saw. */
const WATCHER = `
  import { ownTime, watchPace } from './pace.js'
  const [watched, own] = [watchPace(), ownTime()]
  const orders = {
    work: (ms) => { for (const end = performance.now() + ms; performance.now() < end;); },
    tell: () => process.send({ ...watched(), ownMs: ownTime() - own }),
  }
  process.on('message', ([order, ms]) => { orders[order](ms); if (order === 'work') process.send('worked') })
  process.on('disconnect', () => process.exit())
  process.send('ready')`

interface Told extends Watched {
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

async function watched(during: (child: ReturnType<typeof fork>) => Promise<unknown>): Promise<Told> {
  const child = fork(program, { execArgv: [] })
  try {
    await once(child, 'message')
    await during(child)
    child.send(['tell'])
    const [told] = (await once(child, 'message')) as [Told]
    return told
  } finally {
    child.kill('SIGKILL')
  }
}

const HALT_MS = 1_000

test('a process that was halted knows for how long, and that time is not its own', async () => {
  const told = await watched(async (child) => {
    child.kill('SIGSTOP')
    await sleep(HALT_MS)
    child.kill('SIGCONT')
    // Until it has looked once more.
    await sleep(HALT_MS / 2)
  })
  expect(told.haltMs).toBeGreaterThan(HALT_MS / 2)
  expect(told.ownMs).toBeLessThan(told.ms - HALT_MS / 3)
})

test('its own work is no fault of the machine, and takes its own time', async ({ skip }) => {
  const told = await watched(async (child) => {
    const done = once(child, 'message')
    child.send(['work', HALT_MS])
    await done
    await sleep(HALT_MS / 2)
  })
  if (told.slowdown > 2) skip(`this machine is ${told.slowdown.toFixed(1)} times slower than alone`)
  expect(told.haltMs).toBeLessThan(HALT_MS / 2)
  expect(told.ownMs).toBeGreaterThan(HALT_MS / 2)
})

test('a failure counts on a quiet machine, and not on one that was slow or stood still', () => {
  const ms = 2_000
  expect(busyness({ ms, slowdown: 1, haltMs: 0 })).toBeUndefined()
  expect(busyness({ ms, slowdown: 3, haltMs: 100 })).toBeUndefined()
  expect(busyness({ ms, slowdown: 9, haltMs: 0 })).toContain('9.0 times slower')
  expect(busyness({ ms, slowdown: 1, haltMs: 700 })).toContain('700 ms')
  expect(busyness({ ms: 5, slowdown: 9, haltMs: 0 })).toBeUndefined()
})
