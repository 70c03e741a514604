import { ask, until } from '../wire/admin.js'
import { form, rest, startMember } from './form.js'
import { openSlot, type SlotMove } from './move.js'
import { ownerOf, viewsOf } from './view.js'
import { findProgram } from '../find/find-server.js'
import type { RedisOptions } from '../find/source.js'
import type { RedisServer } from '../server.js'
import type { Version } from '../process/version.js'

const LONG_MS = 30_000

/** Options of `startRedisCluster`. */
export interface RedisClusterOptions extends Pick<RedisOptions, 'args' | 'debian' | 'onProgress'> {
  /** How many masters share the slots. Default 3. */
  readonly masters?: number
  /** How many replicas follow each master. Default 1. */
  readonly replicas?: number
}

/** A real Redis Cluster on this machine. A place in it is named by a slot (a number) or by a key. */
export interface RedisCluster extends Version, AsyncDisposable {
  /** All nodes: at first the masters, then their replicas. Each can be frozen, killed and restarted. */
  readonly nodes: readonly RedisServer[]
  /** Where clients may begin to look. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  /** The slot of a key, as the server computes it. */
  slotOf(key: string): Promise<number>
  /** The node that serves a place now, waiting for one while a failover is under way. */
  masterOf(place: number | string): Promise<RedisServer>
  /** The running replicas of the master that serves a place. */
  replicasOf(place: number | string): Promise<readonly RedisServer[]>
  /** Moves a slot with its keys, and waits until all nodes know it. */
  moveSlot(slot: number, to: RedisServer): Promise<void>
  /** Begins to move a slot of a cluster at rest, and leaves the pace to the caller. */
  openSlot(slot: number, to: RedisServer): Promise<SlotMove>
  /**
   * Lets a replica take over in good order, with nothing lost, and answers it. For a crash, kill the master instead.
   */
  failover(place: number | string): Promise<RedisServer>
  /** Resolves when the nodes that run agree, all slots are served, and every replica follows its master. */
  settled(): Promise<void>
  /** Ends all nodes for good. */
  stop(): Promise<void>
}

/**
 * Starts a real Redis Cluster for tests, of processes of this machine: three masters with a replica each, which see a
 * failure after a second. It takes about three seconds, most of which is a pause that the servers insist on.
 *
 * The server program is the one on PATH, else one downloaded as `startRedis` does; neither `REDIS_URL` nor Docker can
 * serve. Needs Redis 7 or Valkey. The processes end with this one, however that ends.
 *
 * @example
 * ```ts
 * await using cluster = await startRedisCluster()
 * const client = new Cluster([...cluster.addresses])
 * await (await cluster.masterOf('lock:invoice')).kill()
 * ```
 */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, replicas = 1, args = [] } = options
  if (!(Number.isInteger(masters) && masters > 0))
    throw new RangeError(`masters must be a positive integer, not ${masters}`)
  if (!(Number.isInteger(replicas) && replicas >= 0))
    throw new RangeError(`replicas must be an integer, not ${replicas}`)
  const found = await findProgram(options)
  const started = Array.from({ length: masters * (1 + replicas) }, () => startMember(found, args))
  const nodes: RedisServer[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    for (const outcome of await Promise.allSettled(started)) {
      if (outcome.status === 'fulfilled') nodes.push(outcome.value.server)
    }
    await form(await Promise.all(started), masters)
  } catch (error) {
    await stop()
    throw error
  }
  return handle(nodes, found.program, stop)
}

function handle(nodes: readonly RedisServer[], { product, version }: Version, stop: () => Promise<void>): RedisCluster {
  const anyNode = (): RedisServer => {
    const node = nodes.find(({ pid }) => pid !== undefined)
    if (node === undefined) throw new Error('no node of this cluster runs')
    return node
  }
  const slotOf = async (key: string): Promise<number> => Number(await ask(anyNode(), ['CLUSTER', 'KEYSLOT', key]))
  const slotAt = async (place: number | string): Promise<number> => (typeof place === 'number' ? place : slotOf(place))

  const masterOf = async (place: number | string): Promise<RedisServer> => {
    const slot = await slotAt(place)
    return until(`a master of slot ${slot}`, LONG_MS, async () => ownerOf(slot, await viewsOf(nodes))?.server)
  }
  const replicasOf = async (place: number | string): Promise<readonly RedisServer[]> => {
    const slot = await slotAt(place)
    const views = await viewsOf(nodes)
    const id = ownerOf(slot, views)?.me.id
    return views.filter(({ me }) => me.masterId !== undefined && me.masterId === id).map(({ server }) => server)
  }
  const settled = (): Promise<void> => rest(nodes, LONG_MS)
  const open = async (slot: number, to: RedisServer): Promise<SlotMove> => {
    await settled()
    return openSlot(nodes, slot, to)
  }

  return Object.freeze({
    product,
    version,
    nodes: Object.freeze([...nodes]),
    addresses: Object.freeze(nodes.map(({ host, port }) => Object.freeze({ host, port }))),
    slotOf,
    masterOf,
    replicasOf,
    openSlot: open,
    moveSlot: async (slot: number, to: RedisServer) => {
      await (await open(slot, to)).finish()
      await settled()
    },
    failover: async (place: number | string) => {
      const slot = await slotAt(place)
      const [replica] = await replicasOf(slot)
      if (replica === undefined) throw new Error(`slot ${slot} has no replica that could take over`)
      await ask(replica, ['CLUSTER', 'FAILOVER'])
      await until('the replica as master', LONG_MS, async () => (await masterOf(slot)) === replica || undefined)
      await settled()
      return replica
    },
    settled,
    stop,
    [Symbol.asyncDispose]: stop,
  })
}
