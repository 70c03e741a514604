import { createLocker, type Locker, toLockManager } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import { describe } from 'vitest'
import { LASTING_MS, testWebLocks } from '../../../packages/core/test/web-locks/suite.js'
import type { OpenOrigin } from '../../../packages/core/test/web-locks/world.js'
import { type Client, clients, type Connected } from '../../support/clients.js'
import { freshName } from '../../support/eventually.js'

const server = await startRedis()

/** Each client over a connection of its own, by these libraries in turn. */
const openRedis = (libraries: readonly Client[]) => async (): Promise<OpenOrigin> => {
  const prefix = `${freshName()}:`
  const opened: { readonly locks: Locker; readonly connected: Connected }[] = []
  return {
    client: async () => {
      const library = libraries[opened.length % libraries.length] as Client
      const connected = await library.connect(server.port, prefix)
      const locks = createLocker({ backend: connected.backend, ttlMs: LASTING_MS })
      opened.push({ locks, connected })
      return toLockManager(locks)
    },
    close: async () => {
      await Promise.all(opened.map(({ locks }) => locks.close()))
      for (const { connected } of opened) connected.end()
    },
  }
}

const ways = [...clients.map((each) => [each.name, [each]] as const), ['both clients', clients] as const]

describe.concurrent.each(ways)('toLockManager, on Redis by %s,', (_, libraries) => {
  testWebLocks(openRedis(libraries), { histories: 20, isOrdered: false })
})
