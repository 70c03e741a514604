import { createLocker, isBackendError, isLockError } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { deeds } from '../../support/attempts.js'
import { eventually, freshName, rejection, timed } from '../../support/eventually.js'
import { commandsInScripts } from '../../support/script-commands.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)

/** The rights that a user needs for the prefix `lock:`. docs.test.ts proves that they suffice for everything. */
const PATTERNS = ['~lock:*', '~{lock:*}:?', '~{*}:?:lock:*', '&lock:*']
const COMMANDS = [...commandsInScripts, 'evalsha', 'eval', 'subscribe', 'ping']
/** The commands that the clients themselves send when they connect. */
const TO_CONNECT = ['info', 'client', 'hello', 'auth']

const SLACK_MS = 5_000
const password = 'a password'

async function createUser(username: string, commands: readonly string[], patterns = PATTERNS): Promise<void> {
  const allowed = [...commands, ...TO_CONNECT].map((command) => `+${command}`)
  await raw.command('ACL', 'SETUSER', username, 'reset', 'on', `>${password}`, ...patterns, '-@all', ...allowed)
}

const without = (missing: string): string[] => COMMANDS.filter((command) => command !== missing)

describe.concurrent.each(clients)('a user, by $name,', (client) => {
  test('with all the rights: nothing is refused', async () => {
    const username = `${client.name}-with-all`
    await createUser(username, COMMANDS)
    const admin = await client.connect(server.port)
    const user = await client.connect(server.port, undefined, { username, password })
    for (const { what, before, act } of deeds) {
      const name = `${username}/${what}`
      await before(admin.backend, name)
      await act(user.backend, name)
    }
    for (const each of [admin, user]) each.end()
  })

  test.each(commandsInScripts)(
    'who may not %s: every attempt works or is refused for good, and no lock stays for ever',
    async (missing) => {
      const username = `${client.name}-without-${missing}`
      await createUser(username, without(missing))
      const admin = await client.connect(server.port)
      const user = await client.connect(server.port, undefined, { username, password })
      let refusals = 0
      for (const { what, before, act } of deeds) {
        const name = `${username}/${what}`
        await before(admin.backend, name)
        const { error } = await timed(act(user.backend, name))
        if (error === undefined) continue
        refusals += 1
        const isClear = isBackendError(error) && error.executed === 'no' && !error.retryable
        expect(isClear, what).toBe(true)
        expect(await raw.command('PTTL', `lock:${name}`), what).not.toBe(-1)
      }
      expect(refusals > 0 || missing === 'publish').toBe(true)
      for (const each of [admin, user]) each.end()
    },
  )

  test.each(commandsInScripts)('who may not %s: an acquire that is refused leaves nothing behind', async (missing) => {
    const username = `${client.name}-leaves-nothing-without-${missing}`
    await createUser(username, without(missing))
    const user = await client.connect(server.port, undefined, { username, password })
    const claim = { owner: 'o', ttlMs: 60_000, mode: 'exclusive', limit: 1 } as const
    const shared = { ...claim, mode: 'shared', limit: Infinity } as const
    const line = { lineMs: 3_000 }
    const more = { fences: 3 }
    for (const [i, wish] of [claim, { ...claim, ...line }, { ...claim, ...more }, shared].entries()) {
      const name = `${username}/${i}`
      const { error } = await timed(user.backend.acquire({ ...wish, name }))
      if (error === undefined) continue
      expect(error).toMatchObject({ executed: 'no', retryable: false })
      expect(await raw.command('EXISTS', `lock:${name}`), `wish ${i}`).toBe(0)
    }
    user.end()
  })

  test.each(['time', 'zrangebyscore'])(
    'who may not %s: nor does one that finds a line behind a free lock',
    async (missing) => {
      const username = `${client.name}-finds-a-line-without-${missing}`
      await createUser(username, without(missing))
      const admin = await client.connect(server.port)
      const user = await client.connect(server.port, undefined, { username, password })
      const name = username
      const claim = { name, ttlMs: 60_000, mode: 'exclusive', limit: 1 } as const
      await admin.backend.acquire({ ...claim, owner: 'a' })
      await admin.backend.acquire({ ...claim, owner: 'b', lineMs: 60_000 })
      await raw.command('DEL', `lock:${name}`)
      const { error } = await timed(user.backend.acquire({ ...claim, owner: 'c' }))
      expect(error).toMatchObject({ executed: 'no', retryable: false })
      expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0)
      expect(await admin.backend.acquire({ ...claim, owner: 'b' })).toMatchObject({ acquired: true })
      for (const each of [admin, user]) each.end()
    },
  )

  test.each(['time', 'set', 'evalsha'])(
    'who may not %s: LOCK_BACKEND at once, however long the wait',
    async (missing) => {
      const username = `${client.name}-waits-without-${missing}`
      await createUser(username, without(missing))
      const user = await client.connect(server.port, undefined, { username, password })
      const locks = createLocker({ backend: user.backend })
      const { error, ms } = await timed(locks.acquire(freshName()))
      expect(isLockError(error, 'LOCK_BACKEND'), String(error)).toBe(true)
      expect(String(error)).toMatch(/permission|can't run this command/)
      expect(String(error)).toContain('(docs/redis.md, Commands and ACL,')
      expect(ms).toBeLessThan(SLACK_MS)
      await locks.close()
      user.end()
    },
  )

  test('who may use other keys only: LOCK_BACKEND at once, by every verb', async () => {
    const username = `${client.name}-elsewhere`
    await createUser(username, COMMANDS, ['~other:*', '&other:*'])
    const user = await client.connect(server.port, undefined, { username, password })
    const locks = createLocker({ backend: user.backend })
    const name = freshName()
    const verbs = [
      () => locks.acquire(name),
      () => locks.tryAcquire(name),
      () => locks.inspect(name),
      () => locks.forceRelease(name),
    ]
    for (const verb of verbs) {
      const { error, ms } = await timed<unknown>(verb())
      expect(isLockError(error, 'LOCK_BACKEND'), String(error)).toBe(true)
      expect(String(error)).toMatch(/NOPERM|can't access/)
      expect(String(error)).toContain('(docs/redis.md, Commands and ACL,')
      expect(ms).toBeLessThan(SLACK_MS)
    }
    await locks.close()
    user.end()
  })

  test('who may not hear of turns: waits by asking', async () => {
    const username = `${client.name}-deaf`
    await createUser(username, without('subscribe'))
    const admin = await client.connect(server.port)
    const user = await client.connect(server.port, undefined, { username, password })
    const [holder, waiter] = [admin, user].map(({ backend }) => createLocker({ backend }))
    const name = freshName()
    const lease = await holder?.acquire(name)
    const behind = waiter?.acquire(name)
    await eventually(async () => expect(await raw.command('ZCARD', `{lock:${name}}:l`)).toBe(1))
    await lease?.release()
    expect((await behind)?.held).toBe(true)
    await Promise.all([holder?.close(), waiter?.close()])
    for (const each of [admin, user]) each.end()
  })

  test.each([
    ['no password', undefined],
    ['a wrong password', { password: 'wrong' }],
    ['a wrong user', { username: 'nobody', password: 'wrong' }],
  ])('with %s: is told so, or that the client is not connected, within the wait', async (_, credentials) => {
    await using locked = await startRedis({ own: true, args: ['--requirepass', 'the right one'] })
    const user = await client.connect(locked.port, undefined, credentials).catch((error: unknown) => String(error))
    // node-redis rejects at once, where the test waits for it to connect.
    if (typeof user === 'string') return expect(user).toMatch(/NOAUTH|WRONGPASS/)
    const locks = createLocker({ backend: user.backend })
    const waiting = await timed(locks.acquire('name', { waitMs: 1_500 }))
    expect(isLockError(waiting.error), String(waiting.error)).toBe(true)
    expect(waiting.ms).toBeLessThan(1_500 + SLACK_MS)
    expect(isLockError(await rejection(locks.tryAcquire('name')))).toBe(true)
    await locks.close()
    user.end()
  })
})
