import { inspect } from 'node:util'
import type { LockBackend, LockObserver } from '@holdfast/core'
import type { UpstashGateway } from '@holdfast/testkit/upstash'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { upstashBackend } from '../src/index.js'
import { type ClientOptions, eventually, freshName, openServer, openWorld } from './support/open.js'

const server = await openServer()
afterAll(() => server.stop())

/** A value that another caller sends in the same tick, and so in the same pipeline. */
const BYSTANDER = 'canary-of-a-bystander-77aa'
const OWNER = 'label~0123456789abcdef0123456789abcdef'
/** An owner token that has not the form of Holdfast's own tokens, which any backend would hide. */
const ODD_OWNER = 'canary-owner-31c4'

/** All texts that can be printed of a value. */
function shown(value: unknown): string {
  const parts = [inspect(value, { depth: Infinity, showHidden: true, getters: true }), String(value)]
  for (let error = value; error instanceof Error; error = error.cause) {
    parts.push(String(error.stack), JSON.stringify(error, Object.getOwnPropertyNames(error)), JSON.stringify(error))
  }
  return parts.join('\n')
}

const page = (text: string): string => `<html><body>${text}</body></html>`
const words = (gateway: UpstashGateway): string => `${gateway.token} ${OWNER} ${ODD_OWNER} ${BYSTANDER}`

/** Every way in which a request goes wrong; an error that a server words repeats the whole request. */
const troubles: readonly (readonly [string, (gateway: UpstashGateway) => unknown])[] = [
  ['401', (gateway) => gateway.answer({ status: 401, times: Infinity })],
  ['403', (gateway) => gateway.answer({ status: 403, times: Infinity })],
  ['429', (gateway) => gateway.answer({ status: 429, times: Infinity })],
  ['400', (gateway) => gateway.answer({ status: 400, times: Infinity, body: '{"error":"ERR no"}' })],
  ['500', (gateway) => gateway.answer({ status: 500, times: Infinity, body: '{"error":"no"}' })],
  ['502', (gateway) => gateway.answer({ status: 502, times: Infinity, body: page(words(gateway)) })],
  ['200 with a page', (gateway) => gateway.answer({ status: 200, times: Infinity, body: page(words(gateway)) })],
  ['a lost reply', (gateway) => gateway.loseReply({ times: Infinity })],
  ['a lost request', (gateway) => gateway.loseRequest({ times: Infinity })],
  ['silence', (gateway) => gateway.hang({ times: Infinity })],
]

const clients: readonly (readonly [string, ClientOptions])[] = [
  ['that pipelines by itself', {}],
  ['that does not', { enableAutoPipelining: false }],
]

describe.concurrent.each(clients)('with a client %s, nothing secret is shown', (_, options) => {
  test.each(troubles)('after %s, by any error or event of a locker', async (_title, trouble) => {
    await using world = await openWorld(server)
    const { gateway } = world
    const events: unknown[] = []
    const keep = (event: unknown): void => void events.push(event)
    const observer: LockObserver = {
      started: keep,
      acquired: keep,
      failed: keep,
      contended: keep,
      waiting: keep,
      renewed: keep,
      renewalFailed: keep,
      lost: keep,
      released: keep,
    }
    const client = world.client({ ...options, retry: { retries: 1, backoff: () => 10 } })
    const locks = world.locks({ ttlMs: 1_000, attemptTimeoutMs: 300, observer }, options)
    const lease = await locks.acquire(freshName())
    const owners = [lease.owner]
    trouble(gateway)
    const printed = vi.spyOn(console, 'warn')
    // The other caller's command may never settle: Holdfast bounds only its own calls.
    client.set('session', BYSTANDER).catch(() => {})
    const failures = await Promise.allSettled([
      locks.acquire(freshName(), { waitMs: 500 }),
      locks.tryAcquire(freshName()),
      locks.inspect(freshName()),
      locks.forceRelease(freshName()),
      lease.extend(),
    ])
    const seen: unknown[] = [locks, lease]
    for (const failure of failures) {
      if (failure.status === 'fulfilled') throw new Error('it was expected to fail')
      seen.push(failure.reason)
    }
    await eventually(() => expect(lease.signal.aborted).toBe(true))
    seen.push(lease.signal.reason, ...events)
    expect(printed).not.toHaveBeenCalled()
    for (const each of seen) {
      const text = shown(each)
      expect(text).not.toMatch(/~[0-9a-f]{32}/)
      for (const secret of [gateway.token, BYSTANDER, OWNER, ODD_OWNER, ...owners]) expect(text).not.toContain(secret)
    }
  })

  const verbs: readonly (readonly [string, (backend: LockBackend, owner: string) => Promise<unknown>])[] = [
    ['acquire', (backend, owner) => backend.acquire(claimOf(owner))],
    ['extend', (backend, owner) => backend.extend([claimOf(owner), claimOf(OWNER)])],
    ['release', (backend, owner) => backend.release({ name: 'name', owner })],
  ]
  const claimOf = (owner: string) => ({ name: 'name', owner, ttlMs: 1_000, mode: 'exclusive', limit: 1 }) as const

  test.each(verbs)('by %s of the backend, when a server repeats what it was sent', async (_title, verb) => {
    await using world = await openWorld(server)
    const { gateway } = world
    const client = world.client(options)
    const echoes = [
      [400, `ERR in ${gateway.token} ${ODD_OWNER} ${OWNER}`],
      [400, `${gateway.token} ${ODD_OWNER} ${OWNER}`],
      [401, `Unauthorized: Bearer ${gateway.token} ${ODD_OWNER}`],
      [429, `Too Many Requests ${gateway.token} ${ODD_OWNER} ${OWNER}`],
      [500, `Internal ${gateway.token} ${ODD_OWNER}, command was: ["${OWNER}"]`],
    ] as const
    for (const [status, error] of echoes) {
      gateway.answer({ status, body: JSON.stringify({ error }) })
      const [bystander, failure] = await Promise.allSettled([
        client.set('session', BYSTANDER),
        verb(upstashBackend(client), ODD_OWNER),
      ])
      expect([bystander.status, failure.status]).toContain('rejected')
      if (failure.status === 'fulfilled') continue
      const text = shown(failure.reason)
      for (const secret of [gateway.token, ODD_OWNER, OWNER, BYSTANDER]) expect(text).not.toContain(secret)
    }
  })
})

test('a requester of the user that shows everything shows nothing through the backend', async () => {
  const { Redis } = await import('@upstash/redis')
  const token = 'canary-of-a-requester'
  const requester = {
    headers: { authorization: `Bearer ${token}` },
    request: async (request: { body?: unknown }): Promise<never> => {
      throw Object.assign(new Error(`failed, command was: ${JSON.stringify(request.body)}`), {
        request,
        cause: new Error(`Bearer ${token}`),
      })
    },
  }
  const backend = upstashBackend(new Redis(requester))
  const thrown: unknown = await backend
    .acquire({ name: 'name', owner: ODD_OWNER, ttlMs: 1_000, mode: 'exclusive', limit: 1 })
    .catch((error: unknown) => error)
  expect(thrown).toMatchObject({ executed: 'unknown' })
  for (const secret of [token, ODD_OWNER]) expect(shown(thrown)).not.toContain(secret)
})
