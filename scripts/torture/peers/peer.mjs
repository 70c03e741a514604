// Other lock libraries under the same torture, for comparison: a tool that finds nothing there proves nothing here.
import { Redis } from 'ioredis'
import standalone from '../standalone.mjs'

/**
 * @typedef {import('../clients.mjs').Place} Place
 * @typedef {import('@holdfast/core').Lease} Lease
 * @typedef {import('@holdfast/testkit/torture').Connection} Connection
 * @typedef {import('@holdfast/testkit/torture').TortureTarget<Place>} Target
 * @typedef {{ readonly ttlMs: number, readonly waitMs: number }} Terms
 * @typedef {{ held(): boolean, release(): Promise<unknown>, signal?: AbortSignal }} Held
 * @typedef {(name: string, terms: Terms) => Promise<Held | null>} Take
 */

/**
 * The server, the proxy and the faults of our own torture, over ioredis, with another library's lock.
 * @param {string} name @param {(client: Redis) => Take} open @returns {Target}
 */
export function peerTarget(name, open) {
  return {
    name,
    open: async () => {
      const store = await standalone.open()
      const faults = store.faults?.filter(({ kind }) => !kind.includes('HTTP')) ?? []
      return { ...store, places: store.places.filter(({ client }) => client === 'ioredis'), faults }
    },
    connect: async ({ address }) => {
      const client = new Redis(address?.port ?? 0, address?.host ?? '')
      client.on('error', () => {})
      const take = open(client)
      /** @param {string | readonly string[]} names @param {Partial<Terms>} terms */
      const lease = async (names, { ttlMs = 0, waitMs = 0 }) => {
        const taken = await take(String(names), { ttlMs, waitMs })
        return taken && leaseOf(String(names), taken)
      }
      const locks = {
        /** @type {(names: string | readonly string[], options?: object) => Promise<Lease>} */
        acquire: async (names, options = {}) => {
          const taken = await lease(names, options)
          if (taken === null) throw new Error('not acquired')
          return taken
        },
        /** @type {(names: string | readonly string[], options?: object) => Promise<Lease | null>} */
        tryAcquire: (names, options = {}) => lease(names, { ...options, waitMs: 0 }),
      }
      return { locks, close: () => client.disconnect() }
    },
  }
}

/** @param {string} name @param {Held} taken @returns {Lease} */
function leaseOf(name, { held, release, signal }) {
  const lease = {
    name,
    names: [name],
    mode: 'exclusive',
    fence: null,
    get held() {
      return held()
    },
    release: async () => {
      await release()
      return 'released'
    },
    ...(signal !== undefined && { signal }),
  }
  return /** @type {Lease} */ (/** @type {unknown} */ (lease))
}
