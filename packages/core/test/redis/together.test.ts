import { describe, expect, test } from 'vitest'
import type { LockBackend } from '../../src/index.js'
import { redisBackend } from '../../src/redis/index.js'
import { slotOf } from '../../src/redis/slot.js'
import { claimOf, type ScriptedServer, type Sent, scriptedServer } from './scripted.js'

const names = ['{a}1', '{a}2', '{b}1', '{b}2', '{c}1']
const claims = names.map((name) => claimOf(name))
const locksIn = ({ keys }: Sent): readonly string[] => keys.filter((_, i) => i % 2 === 0)
const namesIn = (sent: Sent): readonly string[] => locksIn(sent).map((lock) => lock.slice('lock:'.length))
const acquireAll = (backend: LockBackend): Promise<readonly unknown[]> =>
  Promise.all(claims.map((claim) => backend.acquire(claim).catch((error: unknown) => error)))

/** A fence for each claim, computed from its name. */
const fenceOf = (name: string): number => 100 + names.indexOf(name)
const answer = (sent: Sent, each: (name: string, i: number) => string): string => namesIn(sent).map(each).join('\n')
const grants = (sent: Sent): string => answer(sent, (name) => `a${fenceOf(name)}`)
const granting = (rest?: Parameters<typeof scriptedServer>[1]): ScriptedServer => scriptedServer(grants, rest)
const allGranted = names.map((name) => ({ acquired: true, validMs: 10_000, fence: fenceOf(name) }))
const scriptsOf = ({ sent }: ScriptedServer): readonly string[] => sent.map(({ script }) => script)

describe('what is asked of names that nobody else wants in one turn of the event loop', () => {
  test('is one command, whoever asks, and each is given its own answer', async () => {
    const server = granting()
    expect(await acquireAll(redisBackend(server))).toEqual(allGranted)
    expect(server.sent.map(namesIn)).toEqual([names])
  })

  test('is in the order in which it was asked for, a release before an acquire of the same name', async () => {
    const server = scriptedServer((sent) =>
      namesIn(sent)
        .map((_, i) => (sent.args[2 + 2 * i] === '' ? 'r' : 'a7'))
        .join('\n'),
    )
    const backend = redisBackend(server)
    const asked = [
      backend.release({ name: 'x', owner: 'label~1' }),
      backend.acquire({ ...claimOf('x'), owner: 'label~2' }),
      backend.release({ name: 'y', owner: 'label~3' }),
    ]
    expect(await Promise.all(asked)).toEqual(['released', { acquired: true, validMs: 10_000, fence: 7 }, 'released'])
    expect(server.sent.map(({ args }) => args)).toEqual([['1', 'label~1', '', 'label~2', '10000', 'label~3', '']])
  })

  test('is one command to each slot of a cluster', async () => {
    const server = granting({ clustered: true })
    expect(await acquireAll(redisBackend(server))).toEqual(allGranted)
    expect(server.sent.map(namesIn)).toEqual([['{a}1', '{a}2'], ['{b}1', '{b}2'], ['{c}1']])
  })

  test('is never more than a bounded number of names in one script', async () => {
    const many = Array.from({ length: 130 }, (_, i) => claimOf(`many-${i}`))
    const server = scriptedServer((sent) => answer(sent, () => 'a1'))
    const backend = redisBackend(server)
    await Promise.all(many.map((claim) => backend.acquire(claim)))
    expect(server.sent.map((sent) => namesIn(sent).length)).toEqual([32, 32, 32, 32, 2])
  })

  test.each([
    ['inspect', (backend: LockBackend) => backend.inspect('{a}1')],
    ['evict', (backend: LockBackend) => backend.evict('{a}1')],
    ['extend', (backend: LockBackend) => backend.extend([claimOf('{a}1')])],
    ['acquire of a shared lease', (backend: LockBackend) => backend.acquire(claimOf('{a}1', { mode: 'shared' }))],
    ['release that keeps', (backend: LockBackend) => backend.release({ name: '{a}1', owner: 'label~1', keepMs: 9 })],
  ])('is not overtaken by another command on one of its names: %s', async (_, act) => {
    const server = scriptedServer((sent) => (sent.script === 'uncontended' ? grants(sent) : 'n'))
    const backend = redisBackend(server)
    const acquired = acquireAll(backend)
    await act(backend).catch(() => {})
    expect(await acquired).toEqual(allGranted)
    expect(server.sent.map(({ script }) => script)[0]).toBe('uncontended')
    expect(server.sent.length).toBe(2)
  })
})

describe('one claim of several', () => {
  test.each([
    ['WRONGTYPE Operation against a key holding the wrong kind of value', false],
    ["OOM command not allowed when used memory > 'maxmemory'.", true],
    ['NOPERM User has no permissions to run this command', false],
  ])('that the server refuses is refused alone: %s', async (message, retryable) => {
    const server = scriptedServer((sent) =>
      answer(sent, (name) => (name === '{b}1' ? `x${message}` : `a${fenceOf(name)}`)),
    )
    const outcomes = await acquireAll(redisBackend(server))
    expect(outcomes[2]).toMatchObject({ name: 'BackendError', executed: 'no', retryable })
    expect(String(outcomes[2])).toContain(message)
    expect(outcomes.toSpliced(2, 1)).toEqual(allGranted.toSpliced(2, 1))
  })

  test('that was aborted before it was sent is not sent, and takes nobody with it', async () => {
    const server = granting()
    const backend = redisBackend(server)
    const controller = new AbortController()
    const asked = claims.map((claim, i) => backend.acquire(claim, i === 1 ? { signal: controller.signal } : undefined))
    controller.abort()
    const [first, second, ...others] = await Promise.allSettled(asked)
    expect(second).toMatchObject({ reason: { name: 'BackendError', executed: 'no' } })
    expect([first, ...others].map((one) => one?.status)).toEqual(Array.from({ length: 4 }, () => 'fulfilled'))
    expect(server.sent.map(namesIn)).toEqual([['{a}1', '{b}1', '{b}2', '{c}1']])
  })

  test('that meets others goes on alone, unless it was aborted meanwhile', async () => {
    const server = scriptedServer((sent) => {
      if (sent.script !== 'uncontended') return 'b500:0'
      return answer(sent, (name) => (name.startsWith('{b}') ? 'o' : `a${fenceOf(name)}`))
    })
    const backend = redisBackend(server)
    const controller = new AbortController()
    const asked = claims.map((claim) =>
      backend.acquire(claim, claim.name === '{b}2' ? { signal: controller.signal } : undefined),
    )
    // The next command sends the claims that were gathered.
    backend.inspect('{a}1').catch(() => {})
    controller.abort()
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes[2]).toMatchObject({ value: { acquired: false, retryAfterMs: 500, ahead: 0 } })
    expect(outcomes[3]).toMatchObject({ reason: { executed: 'unknown' } })
    expect(scriptsOf(server)).toEqual(['uncontended', 'inspect', 'acquire'])
  })
})

describe('a command for several that is certainly refused as a whole', () => {
  test('for its slots is asked again by slot, and from then on at once so', async () => {
    const server = scriptedServer((sent) => {
      if (new Set(sent.keys.map(slotOf)).size > 1)
        throw new Error("CROSSSLOT Keys in request don't hash to the same slot")
      return grants(sent)
    })
    const backend = redisBackend(server)
    expect(await acquireAll(backend)).toEqual(allGranted)
    expect(server.sent.map((sent) => namesIn(sent).length)).toEqual([5, 2, 2, 1])
    server.sent.length = 0
    expect(await acquireAll(backend)).toEqual(allGranted)
    expect(server.sent.map((sent) => namesIn(sent).length)).toEqual([2, 2, 1])
  })

  test('for one name among them fails that one only', async () => {
    const server = scriptedServer((sent) => {
      if (sent.keys.includes('lock:{b}2')) throw new Error('NOPERM No permissions to access a key')
      return grants(sent)
    })
    const outcomes = await acquireAll(redisBackend(server))
    expect(outcomes[3]).toMatchObject({ executed: 'no', retryable: false })
    expect(outcomes.toSpliced(3, 1)).toEqual(allGranted.toSpliced(3, 1))
  })

  test('by a server that refuses everything is asked once, and certain for each', async () => {
    const server = scriptedServer(() => {
      throw new Error('LOADING Redis is loading the dataset in memory')
    })
    for (const outcome of await acquireAll(redisBackend(server))) expect(outcome).toMatchObject({ executed: 'no' })
    expect(server.sent.length).toBe(1)
  })
})

describe('a command for several of unknown outcome is unknown for each, and not asked again:', () => {
  test.each([
    ['a lost connection', () => Promise.reject(new Error('the connection was closed'))],
    ['too few answers', () => 'a1\na2'],
    ['too many answers', () => Array(6).fill('a1').join('\n')],
    ['an answer that says nothing', () => 'a1\na2\nQUEUED\na4\na5'],
    ['the answer of a release', () => 'a1\na2\nr\na4\na5'],
  ])('%s', async (_, reply) => {
    const server = scriptedServer(reply)
    for (const outcome of await acquireAll(redisBackend(server))) expect(outcome).toMatchObject({ executed: 'unknown' })
    expect(server.sent.length).toBe(1)
  })

  test('a release that a second execution may have found done', async () => {
    let connection = 1
    const server = scriptedServer(
      () => {
        connection += 1
        return 'o\nr\na7'
      },
      { connection: () => connection },
    )
    const backend = redisBackend(server)
    const outcomes = await Promise.allSettled([
      backend.release({ name: 'x', owner: 'label~1' }),
      backend.release({ name: 'y', owner: 'label~2' }),
      backend.acquire(claimOf('z')),
    ])
    expect(outcomes).toMatchObject([
      { reason: { executed: 'unknown' } },
      { value: 'released' },
      { value: { acquired: true } },
    ])
    expect(server.sent.length).toBe(1)
  })

  test('without an owner in any error', async () => {
    const owners = claims.map(({ owner }) => owner)
    const server = scriptedServer(({ args }) => Promise.reject(new Error(`failed: ${args.join(' ')}`)))
    for (const outcome of await acquireAll(redisBackend(server))) {
      for (const owner of owners) expect(String(outcome)).not.toContain(owner)
    }
  })
})

test('a refusal that was answered behind a release which had to ask the other script is asked for behind it, too', async () => {
  const server = scriptedServer((sent) => {
    if (sent.script === 'uncontended') return 'o\nb5000:'
    return sent.script === 'release' ? 'r' : 'a7'
  })
  const backend = redisBackend(server)
  const asked = [backend.release({ name: 'x', owner: 'label~1' }), backend.acquire(claimOf('x'))]
  expect(await Promise.all(asked)).toEqual(['released', { acquired: true, validMs: 10_000, fence: 7 }])
  expect(scriptsOf(server)).toEqual(['uncontended', 'release', 'acquire'])
})

test('a name on which others were met is asked for by the script that knows the line, until nobody else is met', async () => {
  let free = false
  const server = scriptedServer(({ script, args }) => {
    if (script === 'uncontended') return free ? (args[2] === '' ? 'r' : 'a7') : 'o'
    return script === 'release' ? 'r' : 'a7'
  })
  const backend = redisBackend(server)
  const pair = async (): Promise<void> => {
    await backend.acquire(claimOf('x'))
    await backend.release({ name: 'x', owner: 'label~1' })
  }
  await pair()
  expect(scriptsOf(server)).toEqual(['uncontended', 'acquire', 'release'])
  server.sent.length = 0
  free = true
  for (let i = 0; i < 20; i++) await pair()
  const uncontended = scriptsOf(server).indexOf('uncontended')
  expect(uncontended).toBeGreaterThan(1)
  expect(new Set(scriptsOf(server).slice(0, uncontended))).toEqual(new Set(['acquire', 'release']))
  expect(server.sent.length).toBe(40)
})

test('reservations of fences in one turn of the event loop are one command, and each fails alone', async () => {
  const server = scriptedServer(({ keys }) =>
    keys.flatMap((_, i) => (i % 2 === 0 ? [['e5', 'l', 'xWRONGTYPE x'][i / 2]] : [])).join('\n'),
  )
  const backend = redisBackend(server)
  const asked = names.slice(0, 3).map((name) => backend.extend([claimOf(name, { fences: 4 })]))
  expect(await Promise.allSettled(asked)).toMatchObject([
    { value: [{ status: 'extended', fence: 5 }] },
    { value: [{ status: 'lost' }] },
    { reason: { executed: 'no', retryable: false } },
  ])
  expect(server.sent.map(({ script, args }) => [script, args.length])).toEqual([['extendFenced', 9]])
})
