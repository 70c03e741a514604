// Plays random histories of core by their seeds, in several processes, and tells what breaks a promise:
//   npm run simulate -- --seeds 100000 [--from 1] [--processes 2] [--batches]
//   npm run simulate -- --seed 4711 [--batches]   plays one history, and prints what happened in it
// With --batches what one locker asks of the store in one turn of the event loop is one command.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const number = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: { seed: number, seeds: number, from: number, processes: number, batches: { type: 'boolean' } },
})
const batches = values.batches === true
const only = values.seed === undefined ? undefined : Number(values.seed)
const first = only ?? Number(values.from ?? 1)
const count = only === undefined ? Number(values.seeds ?? 1_000) : 1
const processes = Number(values.processes ?? availableParallelism())
for (const value of [first, count, processes]) {
  if (!Number.isSafeInteger(value) || value < 1) throw new Error('seeds and processes are whole numbers from 1')
}

/** The number of seeds that one process plays before the next process takes over. */
const PORTION = 500
const REPORT_MS = 10_000
const MOST_FAILURES = 20

const folder = mkdtempSync(join(tmpdir(), 'holdfast-simulation-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const outfile = join(folder, 'simulation.mjs')
await build({
  entryPoints: [join(import.meta.dirname, '../packages/core/test/simulation/main.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile,
  logLevel: 'warning',
})

const startedAt = Date.now()
/** @type {Record<string, number>} */
const events = {}
/** @typedef {{ readonly seed: number, readonly violations: readonly string[], readonly log: readonly string[] }} Failure */
/** @typedef {{ readonly seed?: undefined, readonly done: number, readonly counts?: Readonly<Record<string, number>> }} Progress */

/** @type {number[]} */
const failures = []
let next = first
let done = 0

function report() {
  const seconds = (Date.now() - startedAt) / 1_000
  const left = done === 0 ? '?' : Math.round(((count - done) * seconds) / done)
  console.log(`${done} of ${count} seeds, ${failures.length} broke a promise; ${Math.round(seconds)} s, ${left} s left`)
}

/** @param {Failure} failure */
function tell({ seed, violations, log }) {
  failures.push(seed)
  console.log(
    `\nseed ${seed}: ${violations.join('\n  ')}\n  replay: npm run simulate -- --seed ${seed}${batches ? ' --batches' : ''}`,
  )
  if (only !== undefined) console.log(log.join('\n'))
}

/** Plays a portion in a process of its own, and then the next portion. */
async function work() {
  while (next < first + count && failures.length < MOST_FAILURES) {
    const from = next
    const size = Math.min(PORTION, first + count - from)
    next += size
    let played = 0
    const child = fork(outfile, [from, size, MOST_FAILURES, Number(batches)].map(String))
    child.on('message', (received) => {
      const message = /** @type {Failure | Progress} */ (received)
      if (message.seed !== undefined) return tell(message)
      done += message.done - played
      played = message.done
      for (const [event, times] of Object.entries(message.counts ?? {})) events[event] = (events[event] ?? 0) + times
    })
    const code = await new Promise((resolve) => child.on('exit', resolve))
    if (code !== 0) {
      failures.push(from + played)
      console.log(`\nthe process that played the seeds from ${from} ended with ${code} after ${played} of them`)
    }
  }
}

const reporting = setInterval(report, REPORT_MS)
await Promise.all(Array.from({ length: processes }, work))
clearInterval(reporting)
report()
console.log(
  Object.entries(events)
    .map(([event, times]) => `${event} ${times}`)
    .join(', '),
)
process.exitCode = failures.length === 0 ? 0 : 1
