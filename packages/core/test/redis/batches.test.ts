import { describe, expect, test } from 'vitest'
import { redisBackend } from '../../src/redis/index.js'
import { slotOf } from '../../src/redis/slot.js'
import { claimOf, type Sent, scriptedServer } from './scripted.js'

const names = ['{a}1', '{a}2', '{b}1', '{b}2', '{c}1']
const claims = names.map((name) => claimOf(name))
const extended = ({ keys }: Sent): string => 'e'.repeat(keys.length)
const statuses = (outcomes: readonly { status: string }[]): readonly string[] => outcomes.map(({ status }) => status)
const all = (status: string): readonly string[] => names.map(() => status)

describe('a batch that is certainly refused as a whole', () => {
  test('for its slots is asked again by slot, and from then on at once so', async () => {
    const server = scriptedServer((sent) => {
      if (new Set(sent.keys.map(slotOf)).size > 1)
        throw new Error("CROSSSLOT Keys in request don't hash to the same slot")
      return extended(sent)
    })
    const backend = redisBackend(server)
    expect(statuses(await backend.extend(claims))).toEqual(all('extended'))
    expect(server.sent.map(({ keys }) => keys.length)).toEqual([5, 2, 2, 1])
    server.sent.length = 0
    expect(statuses(await backend.extend(claims))).toEqual(all('extended'))
    expect(server.sent.map(({ keys }) => keys.length)).toEqual([2, 2, 1])
  })

  test('for one name among them loses that one only', async () => {
    const server = scriptedServer((sent) => {
      if (sent.keys.includes('lock:{b}2')) throw new Error('NOPERM No permissions to access a key')
      return extended(sent)
    })
    const outcomes = await redisBackend(server).extend(claims)
    expect(statuses(outcomes)).toEqual(['extended', 'extended', 'extended', 'unknown', 'extended'])
    expect(outcomes[3]).toMatchObject({ cause: { executed: 'no' } })
  })

  test('by anything that knows of no such batch is asked again claim by claim', async () => {
    const server = scriptedServer((sent) => {
      if (sent.keys.length > 1) throw new Error('ERR this proxy takes one key for each command')
      return extended(sent)
    })
    expect(statuses(await redisBackend(server).extend(claims))).toEqual(all('extended'))
  })

  test('in shared mode too', async () => {
    const server = scriptedServer((sent) => {
      if (sent.keys.length > 3) throw new Error("CROSSSLOT Keys in request don't hash to the same slot")
      return 'e'
    })
    const shared = claims.map((claim) => ({ ...claim, mode: 'shared' as const, limit: 9 }))
    expect(statuses(await redisBackend(server).extend(shared))).toEqual(all('extended'))
  })
})

test.each([
  'LOADING Redis is loading the dataset in memory',
  "READONLY You can't write against a read only replica.",
  'NOAUTH Authentication required.',
])('a server that refuses whatever it is asked is asked once: %s', async (message) => {
  const server = scriptedServer(() => {
    throw new Error(message)
  })
  await expect(redisBackend(server).extend(claims)).rejects.toMatchObject({ executed: 'no' })
  expect(server.sent.length).toBe(1)
})

test.each([
  ['certainly refused', new Error('NOPERM No permissions to access a key')],
  ['of unknown outcome', new Error('the connection was closed')],
])('the only claim of its mode, %s, fails alone', async (_, error) => {
  const server = scriptedServer((sent) => {
    if (sent.script === 'extend') throw error
    return 'ee'
  })
  const shared = ['y', 'z'].map((name) => claimOf(name, { mode: 'shared', limit: 9 }))
  const outcomes = await redisBackend(server).extend([claimOf('x'), ...shared])
  expect(statuses(outcomes)).toEqual(['unknown', 'extended', 'extended'])
})

test('a batch of unknown outcome is not asked again', async () => {
  const server = scriptedServer(() => {
    throw new Error('the connection was closed')
  })
  await expect(redisBackend(server).extend(claims)).rejects.toMatchObject({ executed: 'unknown' })
  expect(server.sent.length).toBe(1)
})
