import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createLocker, type LockBackend } from '../../src/index.js'
import { isOfSlots } from '../../src/redis/failure.js'
import { redisBackend } from '../../src/redis/index.js'
import { claimOf, rejection, scriptedServer } from './scripted.js'

const claim = claimOf('name')
const ownership = { name: claim.name, owner: claim.owner }

const verbs: readonly (readonly [verb: string, act: (backend: LockBackend) => Promise<unknown>])[] = [
  ['acquire', (backend) => backend.acquire(claim)],
  ['acquire of a shared lease', (backend) => backend.acquire({ ...claim, mode: 'shared', limit: 2 })],
  ['extend', (backend) => backend.extend([claim])],
  ['extend of a shared lease', (backend) => backend.extend([{ ...claim, mode: 'shared' }])],
  ['extend that reserves fences', (backend) => backend.extend([{ ...claim, fences: 3 }])],
  ['release', (backend) => backend.release(ownership)],
  ['inspect', (backend) => backend.inspect(claim.name)],
  ['evict', (backend) => backend.evict(claim.name)],
]

const UNKNOWN: readonly unknown[] = [
  'QUEUED',
  'OK',
  '',
  'none',
  'rest',
  'el',
  'everything',
  'a12x',
  'b12',
  'b12:3:4',
  'a99999999999999999999',
  'l1',
  null,
  undefined,
  1,
  0,
  true,
  [],
  ['e'],
  ['e', 'w0', 'oowner'],
  ['e', 'w0', 'oowner', 'p-', 'f'],
  ['e', 'w0', 'oowner', 'p1', 'f1', 'more'],
  {},
]

describe.each(verbs)('%s:', (_, act) => {
  test.each(UNKNOWN.map((reply) => [JSON.stringify(reply) ?? 'undefined', reply]))(
    'the reply %s says nothing for certain',
    async (__, reply) => {
      const error = await rejection(act(redisBackend(scriptedServer(() => reply))))
      expect(error).toMatchObject({ name: 'BackendError', executed: 'unknown' })
    },
  )

  test('an error of another realm is recognised by its message', async () => {
    const refuse = (message: string): unknown =>
      runInNewContext(`Object.assign(new Error(${JSON.stringify(message)}), { name: 'ReplyError' })`)
    const cold = scriptedServer(({ bySource }) => {
      throw refuse(bySource ? 'NOPERM this user has no permissions' : 'NOSCRIPT No matching script')
    })
    const error = await rejection(act(redisBackend(cold)))
    expect(cold.sent.map(({ bySource }) => bySource)).toEqual([false, true])
    expect(error).toMatchObject({ executed: 'no', retryable: false })
  })
})

test('the reply of an open transaction makes a call fail with LOCK_INDETERMINATE, and the message says why', async () => {
  const locks = createLocker({ backend: redisBackend(scriptedServer(() => 'QUEUED')) })
  const reason = 'what this version does not understand, QUEUED: a transaction is open on its connection'
  const calls = [locks.tryAcquire('name'), locks.inspect('name'), locks.forceRelease('name')]
  for (const error of await Promise.all(calls.map((call) => rejection(call)))) {
    expect(error).toMatchObject({ code: 'LOCK_INDETERMINATE' })
    expect(String(error)).toContain(reason)
  }
  await locks.close()
})

describe('a reply that the second of two executions may have given is not certain:', () => {
  const cut = (reply: string): LockBackend => {
    let connection = 1
    const answer = (): string => {
      connection += 1
      return reply
    }
    return redisBackend(scriptedServer(answer, { connection: () => connection }))
  }

  test('"not held" of a release', async () => {
    expect(await rejection(cut('n').release(ownership))).toMatchObject({ executed: 'unknown' })
    expect(await cut('r').release(ownership)).toBe('released')
  })

  test('"not held" of an eviction', async () => {
    expect(await rejection(cut('n').evict(claim.name))).toMatchObject({ executed: 'unknown' })
    expect(await cut('e').evict(claim.name)).toBe(true)
  })
})

describe('a refusal for good', () => {
  const NOPERM = "NOPERM User app has no permissions to run the 'evalsha' command"
  const refused = (connections: readonly unknown[]): Promise<unknown> => {
    const left = [...connections]
    const answer = (): never => {
      throw new Error(NOPERM)
    }
    const connection = (): unknown => (left.length > 1 ? left.shift() : left[0])
    return rejection(redisBackend(scriptedServer(answer, { connection })).acquire(claim))
  }

  test('is certain on the connection over which the command was sent', async () => {
    expect(await refused([1])).toMatchObject({ executed: 'no', retryable: false })
  })

  test('says nothing of a first sending over another one, and is not asked for again', async () => {
    expect(await refused([1, 1, 2])).toMatchObject({ executed: 'unknown', retryable: false })
  })

  test('is taken for the first where the connections cannot be told apart', async () => {
    expect(await refused([Number.NaN])).toMatchObject({ executed: 'no', retryable: false })
  })
})

test.each([
  'NOPERM this user has no permissions to access one of the keys used as arguments',
  "ERR The user executing the script can't run this command or subcommand",
  "ERR ACL failure in script: User app has no permissions to run the 'set' command",
])('a refusal of the rights names the list of those that are needed: %s', async (message) => {
  const server = scriptedServer(() => {
    throw new Error(message)
  })
  const error = await rejection(redisBackend(server).acquire(claim))
  const hint = '(docs/redis.md, Commands and ACL, lists the keys, channels and commands that the user needs)'
  expect(error).toMatchObject({ executed: 'no', message: `scripted: ${message} ${hint}` })
  expect(isOfSlots(error)).toBe(false)
})

test('a refusal of the password does not speak of rights', async () => {
  const server = scriptedServer(() => {
    throw new Error('WRONGPASS invalid username-password pair or user is disabled.')
  })
  expect(String(await rejection(redisBackend(server).acquire(claim)))).toMatch(/disabled\.$/)
})

describe('keys that another node has', () => {
  const moved = (clustered: boolean): LockBackend =>
    redisBackend(
      scriptedServer(
        () => {
          throw new Error('MOVED 5798 127.0.0.1:7001')
        },
        { clustered },
      ),
    )

  test('are refused for good by a client of one server, with the mend', async () => {
    const error = await rejection(moved(false).acquire(claim))
    expect(error).toMatchObject({ executed: 'no', retryable: false })
    expect(String(error)).toContain('Cluster client')
  })

  test('may be found another time by a client of a cluster', async () => {
    expect(await rejection(moved(true).acquire(claim))).toMatchObject({ executed: 'no', retryable: true })
  })
})
