import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import type { Claim } from '@holdfast/core'
import { createClient } from 'redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually } from '../../support/eventually.js'

const READERS = 10_000
const TOGETHER = 500
/** The largest number of waiters that one call admits. */
const PORTION = 110
/** A call runs two commands for each waiter that it admits, and a few of its own. */
const COMMANDS = 3 * PORTION

const ownerOf = (i: number): string => `reader~${i.toString(16).padStart(32, '0')}`
const reader = (i: number): Claim => ({
  name: 'name',
  owner: ownerOf(i),
  ttlMs: 120_000,
  mode: 'shared',
  limit: Infinity,
  lineMs: 120_000,
})

/** A line of MONITOR: the source of the command, and its first word. */
const LINE = /^\S+ \[\d+ (?<source>\S+)\] "(?<word>\w+)"/

/**
 * Counts the scripts that a server runs from now on, and the most commands that one of them ran.
 *
 * By node-redis, because ioredis fails on a command that the server runs between MONITOR and the handling of its answer.
 */
async function watchScripts(port: number) {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  const seen = { scripts: 0, commands: 0, most: 0 }
  await client.monitor((line) => {
    const { source, word } = LINE.exec(line)?.groups ?? {}
    if (source === 'lua') {
      seen.commands++
      seen.most = Math.max(seen.most, seen.commands)
    } else if (/^eval/i.test(word ?? '')) [seen.scripts, seen.commands] = [seen.scripts + 1, 0]
  })
  return { seen, [Symbol.dispose]: () => client.destroy() }
}

// The server does nothing else while it runs a script. Commands are counted, because time depends on the machine.
describe.each(clients)('by $name,', (client) => {
  test(`a writer released before ${READERS} waiting readers lets each call run some hundred commands, and all are admitted`, async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    const { backend, end } = await client.connect(server.port)
    let turns = 0
    const unwatch = await backend.watch?.(({ type }) => void (turns += type === 'turn' ? 1 : 0))
    const writer: Claim = { name: 'name', owner: ownerOf(READERS), ttlMs: 600_000, mode: 'exclusive', limit: 1 }
    await backend.acquire(writer)
    for (let i = 0; i < READERS; i += TOGETHER) {
      await Promise.all(Array.from({ length: TOGETHER }, (_, k) => backend.acquire(reader(i + k))))
    }
    using monitor = await watchScripts(server.port)
    expect(await backend.release(writer)).toBe('released')
    await eventually(() => expect(turns).toBe(READERS))
    expect(await raw.command('ZCOUNT', '{lock:name}:l', '-inf', '(0')).toBe(READERS)
    // Each call left the rest of the readers to the next call.
    await eventually(() => expect(monitor.seen.scripts).toBeGreaterThan(READERS / PORTION))
    expect(monitor.seen.most).toBeGreaterThan(PORTION)
    expect(monitor.seen.most).toBeLessThan(COMMANDS)
    await unwatch?.()
    end()
  })
})
