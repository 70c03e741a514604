import { setTimeout } from 'node:timers/promises'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import type { Command } from '../../../packages/core/test/models/mixed-kinds/history.js'
import { play, type Stage } from '../../../packages/core/test/models/mixed-kinds/play.js'
import { everyHistory } from '../../../packages/core/test/models/mixed-kinds/property.js'
import { clients, type Connected } from '../../support/clients.js'
import { freshName } from '../../support/eventually.js'

const server = await startRedis()
const raw = await connectRaw(server)
const client = clients.find(({ name }) => name === 'ioredis') ?? expect.unreachable()

/** How many histories are played at once, because a history is mostly waiting. */
const LANES = 12
const HISTORIES_PER_LANE = 8
/** The time after which no history is begun, if one could be judged, and no failed history is made smaller. */
const LIMIT_MS = 10_000
const SHORTEST_TICK_MS = 50
/** The share of a tick for its step. A lease or a place ends half-way between two ticks, or up to this share later. */
const STEP_SHARE = 0.4

/** A step took so long that the test cannot know which leases had ended by then. The history proves nothing. */
class Late extends Error {}

const serverMs = async (): Promise<number> => {
  const [seconds, micros] = (await raw.command('TIME')) as [string, string]
  return Number(seconds) * 1_000 + Number(micros) / 1_000
}

/**
 * A stage on the real server, in real time: leases and places end by its own clock, and the waits are really waited.
 * Every step asks the server's clock when it is done. Time goes on while a step is done, which a tick leaves room for.
 */
async function redisStage(users: readonly Connected[], tickMs: number): Promise<Stage> {
  const name = freshName()
  const key = `lock:${name}`
  const from = await serverMs()
  let tick = 0
  const inTickMs = async (): Promise<number> => (await serverMs()) - from - tick * tickMs
  return {
    name,
    tickMs,
    slackMs: tickMs / 2,
    backends: users.map(({ backend }) => backend),
    pass: async (ticks) => {
      tick += ticks
      for (let ms = await inTickMs(); ms < 0; ms = await inTickMs()) await setTimeout(Math.ceil(-ms))
    },
    onTime: async () => {
      if ((await inTickMs()) > tickMs * STEP_SHARE) throw new Late()
    },
    plant: async (value, ttlMs) => {
      const px = ttlMs === null ? [] : ['PX', `${ttlMs}`]
      return (await raw.command('SET', key, value, 'NX', ...px)) === 'OK'
    },
    remove: async (value) => {
      if ((await raw.command('GET', key)) === value) await raw.command('DEL', key)
    },
  }
}

let judged = 0

/** Plays histories one after the other, again with longer ticks when the machine is too busy for these. */
function lane(users: readonly Connected[]): Promise<void> {
  const endMs = performance.now() + LIMIT_MS
  let tickMs = SHORTEST_TICK_MS
  const playInTime = async (history: readonly Command[]): Promise<void> => {
    while (judged === 0 || performance.now() < endMs) {
      try {
        await play(history, await redisStage(users, tickMs))
        tickMs = Math.max(SHORTEST_TICK_MS, tickMs / 2)
        judged++
        return
      } catch (error) {
        if (!(error instanceof Late)) throw error
        tickMs *= 2
      }
    }
  }
  return everyHistory(playInTime, { runs: HISTORIES_PER_LANE, limitMs: 4 * LIMIT_MS })
}

test('exclusive, reader and semaphore claims on one name, whatever happens: as the model says, on Redis', async () => {
  const users = await Promise.all([client.connect(server.port), client.connect(server.port)])
  await Promise.all(Array.from({ length: LANES }, () => lane(users)))
  for (const { end } of users) end()
  expect(judged).toBeGreaterThan(0)
})
