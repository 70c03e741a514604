// A process of its own that holds and waits by order: `node contender.mjs <client> <port>`, then messages.
import { getEventListeners } from 'node:events'
import { createLocker } from '@holdfast/core'
import { runCycles } from './cycles.mjs'
import { heapUsed } from './heap.mjs'

const [, , clientName, port] = process.argv

async function connect() {
  if (clientName === 'ioredis') {
    const [{ Redis }, { ioredisBackend }] = await Promise.all([import('ioredis'), import('@holdfast/adapter-ioredis')])
    const client = new Redis(Number(port))
    client.on('error', () => {})
    return { backend: ioredisBackend(client), end: () => client.disconnect() }
  }
  const [{ createClient }, { nodeRedisBackend }] = await Promise.all([
    import('redis'),
    import('@holdfast/adapter-node-redis'),
  ])
  const client = createClient({ socket: { host: '127.0.0.1', port: Number(port) } })
  client.on('error', () => {})
  await client.connect()
  return { backend: nodeRedisBackend(client), end: () => client.destroy() }
}

// The test that started this process may be ended at any time, without an order to end.
let leaves = false
process.on('disconnect', () => void (leaves || process.exit(1)))

const { backend, end } = await connect()
const leave = () => {
  leaves = true
  end()
  process.disconnect()
}

/** @param {Record<string, unknown>} event */
const tell = (event) =>
  void (process.connected && process.send?.({ ...event, at: Number(process.hrtime.bigint()) / 1e6 }))
/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** @type {import('@holdfast/core').Locker | undefined} */
let locks
/** @type {import('@holdfast/core').Lease | undefined} */
let lease
let enough = false

/** @type {Record<string, (order: any) => Promise<void> | void>} */
const orders = {
  /** Acquires a lease and keeps it. */
  hold: async ({ name, options }) => {
    locks ??= createLocker({ backend })
    lease = await locks.acquire(name, options)
    lease.signal.addEventListener('abort', () => tell({ event: 'lost' }))
    tell({ event: 'held', fence: lease.fence })
  },
  /** Waits many times over, and holds each time for a moment. */
  contend: async ({ name, count, holdMs, handOver }) => {
    const locker = createLocker({ backend, handOver })
    const one = async () => {
      await locker.request(name, { waitMs: 60_000 }, async ({ fence }) => {
        tell({ event: 'held', fence })
        await sleep(holdMs)
        tell({ event: 'gave', fence })
      })
    }
    await Promise.all(Array.from({ length: count }, one))
    await locker.close()
    tell({ event: 'done' })
  },
  /** Takes turns on names for so many rounds, and then until the order `enough`; reports its heap after each round. */
  cycle: async ({ label, ttlMs, names, count, rounds }) => {
    const lockers = [1, 2].map(() => createLocker({ backend, label, ttlMs }))
    const { signal: patience } = new AbortController()
    for (let round = 0; round < rounds || !enough; round++) {
      await runCycles({ lockers, names, count, patience })
      tell({ event: 'cycled', heap: await heapUsed() })
    }
    await Promise.all(lockers.map((each) => each.close()))
    tell({ event: 'done', listeners: getEventListeners(patience, 'abort').length })
  },
  enough: () => void (enough = true),
  /** Reports whether the process believes to hold, at this moment. */
  ask: () => tell({ event: 'believes', held: lease?.held ?? false }),
  /** Ends as a script should. */
  finish: async () => {
    await lease?.release()
    await locks?.close()
    leave()
  },
  /** Ends its client and forgets the lease. */
  forget: leave,
  exit: () => process.exit(0),
  throw: () => {
    setTimeout(() => {
      throw new Error('on purpose')
    })
  },
}

process.on('message', (/** @type {{ order: string }} */ message) => void orders[message.order]?.(message))
tell({ event: 'ready' })
