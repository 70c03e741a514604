import { setTimeout as sleep } from 'node:timers/promises'
import { connectBy } from './clients.js'
import type { Inside } from './evidence.js'
import type { Job, News, Order } from './messages.js'
import { openAccount } from './open-account.js'
import { takePost } from './section.js'

// A worker process: takes the lock and does its section, again and again, until the director orders it to finish.

const GAP_MS = 10
const REPORT_MS = 50
let finishing = false
let dwell = false
let proceed = (): void => {}

function tell(news: News): void {
  if (process.connected) process.send?.(news)
}

async function gap(look: () => Inside): Promise<void> {
  if (!dwell) return sleep(GAP_MS)
  dwell = false
  const report = (): void => tell({ type: 'dwelling', inside: look() })
  report()
  // Each renewal moves the deadline, so the worker reports it again and again.
  const reporting = setInterval(report, REPORT_MS)
  await new Promise<void>((resolve) => (proceed = resolve))
  clearInterval(reporting)
}

async function work({ worker, client, storeUrl, accountUrl, lockName, ttlMs }: Job): Promise<void> {
  const { backend, close, writeLedger } = await connectBy[client](storeUrl)
  const post = takePost({ worker, backend, lockName, ttlMs, account: openAccount(accountUrl), gap, writeLedger })
  while (!finishing) tell({ type: 'turn', turn: await post.takeTurn() })
  await post.leave()
  await close()
  // No work is left, so the process ends by itself: neither the locker nor its backend keeps it alive.
  process.disconnect()
}

process.on('message', (order: Order) => {
  if (order.type === 'start') {
    work(order.job).catch((error: unknown) => {
      tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
      process.exit(1)
    })
  }
  if (order.type === 'dwell') dwell = true
  if (order.type === 'proceed') proceed()
  if (order.type === 'finish') finishing = true
})
// Ctrl-C reaches all processes of the terminal; the director ends this process.
process.on('SIGINT', () => {})
process.on('disconnect', () => {
  if (!finishing) process.exit(1)
})
