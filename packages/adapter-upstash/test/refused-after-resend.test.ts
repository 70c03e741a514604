import { isLockError } from '@holdfast/core'
import { afterAll, describe, expect, test } from 'vitest'
import { upstashBackend } from '../src/index.js'
import { eventually, freshName, isScript, openServer, openWorld } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

const claim = (name: string) => ({ name, owner: 'someone', ttlMs: 60_000, mode: 'exclusive', limit: 1 }) as const
const refusals = [
  [429, 'Too Many Requests'],
  [400, 'OOM command not allowed'],
] as const

// By default the client sends a cut request again, and a refusal of the second request says nothing of the first.
describe.concurrent.each(refusals)(
  'the reply is lost, and the request sent again is refused: %i %s',
  (status, error) => {
    const body = JSON.stringify({ error })

    test('unknown for each verb, and an acquire that was executed is given back', async () => {
      await using world = await openWorld(server)
      const { gateway, raw } = world
      const backend = upstashBackend(world.client())
      const held = claim(freshName())
      await backend.acquire(held)
      const verbs = [
        () => backend.acquire(claim(freshName())),
        () => backend.extend([held]),
        () => backend.release(held),
      ]
      for (const verb of verbs) {
        const lost = gateway.loseReply({ match: isScript })
        gateway.answer({ status, body, match: isScript })
        const thrown: unknown = await verb().catch((reason: unknown) => reason)
        expect(lost.fired).toBe(1)
        expect(thrown).toMatchObject({ executed: 'unknown', retryable: true })
      }

      const name = freshName()
      gateway.loseReply({ match: isScript })
      gateway.answer({ status, body, match: isScript })
      const thrown: unknown = await world
        .locks({ ttlMs: 60_000 })
        .tryAcquire(name)
        .catch((reason: unknown) => reason)
      expect(isLockError(thrown, 'LOCK_INDETERMINATE'), String(thrown)).toBe(true)
      await eventually(async () => expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0))
    })

    test('a lease that was made shorter is not believed to be longer than it is', async () => {
      await using world = await openWorld(server)
      const { gateway, raw } = world
      const lease = await world.locks({ ttlMs: 60_000, attemptTimeoutMs: 1_000 }).acquire(freshName())
      gateway.loseReply({ match: isScript })
      const refused = gateway.answer({ status, body, match: isScript, times: Infinity })
      await expect(lease.extend(2_000)).rejects.toMatchObject({ code: 'LOCK_INDETERMINATE' })
      expect(refused.fired).toBeGreaterThan(0)
      // Until an extension is answered, it may have been executed.
      expect(Number(await raw.command('PTTL', `lock:${lease.name}`))).toBeLessThanOrEqual(2_000)
      expect(lease.remainingMs).toBeLessThanOrEqual(2_000)
    })
  },
)

test('a client that never sends a request twice is refused for certain', async () => {
  await using world = await openWorld(server)
  world.gateway.answer({ status: 429 })
  const backend = upstashBackend(world.client({ retry: { retries: 0 } }))
  const thrown: unknown = await backend.acquire(claim(freshName())).catch((reason: unknown) => reason)
  expect(thrown).toMatchObject({ executed: 'no', retryable: true })
})
