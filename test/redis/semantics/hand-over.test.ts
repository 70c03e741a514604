import type { LockObserver } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { freshName } from '../../support/eventually.js'
import { open } from '../../support/open.js'
import { loadScripts, scriptRuns } from '../../support/script-commands.js'

const CALLERS = 200
const WAIT_MS = 110_000
/** The milliseconds after which a waiter in line asks the store again, with or without notifications. */
const POLL_MS = 1_000
/** The time for which a lease passes on within its process by default. */
const HAND_OVER_MS = 50

// Each test counts commands, so it has a server of its own.
describe.each(clients.slice(0, 2))('by $name,', (client) => {
  test('two processes that contend for one name take turns, and each turn costs the server three commands', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await loadScripts(raw)
    const grants: { readonly by: number; readonly isTurn: boolean }[] = []
    const observer = (by: number): LockObserver => ({
      acquired: ({ attempts }) => void grants.push({ by, isTurn: attempts > 0 }),
    })
    await using one = await open(client, server.port, { waitMs: WAIT_MS, observer: observer(1) })
    await using other = await open(client, server.port, { waitMs: WAIT_MS, observer: observer(2) })
    for (const { locks } of [one, other]) await locks.request(freshName(), () => {})
    grants.length = 0
    const name = freshName()
    const work = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1))
    const before = await scriptRuns(raw)
    const began = performance.now()
    const all = Array.from({ length: CALLERS }, () => [one, other].map(({ locks }) => locks.request(name, work)))
    await Promise.all(all.flat())
    const tookMs = performance.now() - began
    const commands = (await scriptRuns(raw)) - before

    const turns = grants.filter(({ isTurn }) => isTurn)
    // A turn asks, reserves fences and releases; the first ones also begin to listen, and a server that stands still
    // lets the two wait for long.
    expect(commands).toBeLessThanOrEqual(3 * turns.length + 8 + 2 * Math.floor(tookMs / POLL_MS))
    // The test lasts for the time that a lease may pass on: on a quiet machine a few turns in all.
    expect(turns.length).toBeLessThanOrEqual(tookMs / HAND_OVER_MS + 3)
    // No process overtakes at the store: while both have waiters, neither has two turns in a row, the first turn apart.
    const ends = [1, 2].map((by) => grants.findLastIndex((grant) => grant.by === by))
    const both = grants.slice(0, Math.min(...ends)).filter(({ isTurn }) => isTurn)
    expect(both.filter(({ by }, i) => by === both[i - 1]?.by).length).toBeLessThanOrEqual(1)
  }, 120_000)
})
