import { createClient, createCluster, TimeoutError } from 'redis'
import { expect, test } from 'vitest'
import { type NodeRedisClient, nodeRedisBackend } from '../src/index.js'

const claim = { name: 'n', owner: `timeout~${'0'.repeat(32)}`, ttlMs: 1_000, mode: 'exclusive', limit: 1 } as const

/** A client that seems connected and gives up its command with this error, whose message is empty. */
function givingUp(client: object): NodeRedisClient {
  const evalSha = async (): Promise<never> => {
    throw new TimeoutError()
  }
  const members = { evalSha, isOpen: true, isReady: true, listenerCount: () => 1 }
  return Object.defineProperties(
    client,
    Object.fromEntries(Object.entries(members).map(([key, value]) => [key, { value }])),
  ) as NodeRedisClient
}

// A client gives up only commands that it has not written. A cluster also gives up, by the same error, commands that it
// has written to a server whose slots are moved elsewhere (CommandsQueue.waitForInflightCommandsToComplete of
// node-redis 6).
test.each([
  ['client gives up was not executed', () => createClient(), 'no'],
  ['cluster gives up may have been executed', () => createCluster({ rootNodes: [{}] }), 'unknown'],
] as const)('what a %s, and the error has a name', async (_, make, executed) => {
  const backend = nodeRedisBackend(givingUp(make()))
  await expect(backend.acquire(claim)).rejects.toMatchObject({ executed, message: 'node-redis: TimeoutError' })
})
