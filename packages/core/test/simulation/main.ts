import { simulate } from './simulate.js'

// The arguments of a process: the first seed, the number of seeds, the number of failures that ends it, and 1 where the
// claims and releases of one turn of the event loop are one command, else 0.
const [first = 1, count = 1, mostFailures = 1, batches = 0] = process.argv.slice(2).map(Number)
/** The number of seeds after which progress is printed. */
const SEEDS_PER_REPORT = 50

function send(message: object): void {
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(message)}\n`)
  else process.send(message)
}

// The parent process has ended.
process.on('disconnect', () => process.exit())

const counts: Record<string, number> = {}
let [done, failures] = [0, 0]
for (let seed = first; seed < first + count && failures < mostFailures; seed++) {
  const history = await simulate(seed, { batches: batches === 1 })
  done++
  for (const [event, times] of Object.entries(history.counts)) counts[event] = (counts[event] ?? 0) + times
  if (history.violations.length > 0) {
    failures++
    send({ seed, violations: history.violations.slice(0, 3), log: history.log.slice(-400) })
  }
  if (done % SEEDS_PER_REPORT === 0) send({ done })
}
send({ done, counts })
if (process.connected) process.disconnect()
