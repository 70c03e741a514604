import { ask, fieldOf, until } from '../wire/admin.js'
import { findProgram, type FoundProgram } from '../find/find-server.js'
import { startProgram } from '../process/program.js'
import type { RedisOptions } from '../find/source.js'
import type { RedisServer } from '../server.js'
import type { Version } from '../process/version.js'

const NAME = 'mymaster'
const LONG_MS = 30_000
const LOOK_MS = 1_000

/** Options of `startSentinel`. */
export interface SentinelOptions extends Pick<RedisOptions, 'args' | 'debian' | 'onProgress'> {
  /** How many replicas follow the master. Default 2. */
  readonly replicas?: number
  /** How many sentinels watch; more than half of them must agree. Default 3. */
  readonly sentinels?: number
  /** After how many milliseconds of silence a sentinel takes the master for down. Default 1000. */
  readonly downAfterMs?: number
}

/** A real Redis with replicas, and the sentinels that watch it. */
export interface RedisSentinel extends Version, AsyncDisposable {
  /** The name of the master at the sentinels, by which clients ask for it. */
  readonly name: string
  /** The master and its replicas, at first in this order. Each can be frozen, killed and restarted. */
  readonly nodes: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]
  /** The addresses of the sentinels, where clients ask for the master. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  /** The node that the sentinels and the node itself call the master. Waits for one while a failover is under way. */
  master(): Promise<RedisServer>
  /** The nodes that follow the master, of those that run. */
  replicas(): Promise<readonly RedisServer[]>
  /** Has the sentinels put a replica in the master's place, and answers it. For a crash, kill the master instead. */
  failover(): Promise<RedisServer>
  /** Resolves when the sentinels agree on the master, and every other node that runs follows it. */
  settled(): Promise<void>
  /** Ends all nodes and sentinels for good. */
  stop(): Promise<void>
}

/**
 * Starts a real Redis with two replicas and three sentinels for tests, of processes of this machine. It takes about
 * three seconds, most of which the sentinels need to find each other.
 *
 * The server program is the one on PATH, else one downloaded as `startRedis` does; neither `REDIS_URL` nor Docker can
 * serve. The processes end with this one, however that ends.
 *
 * @example
 * ```ts
 * await using redis = await startSentinel()
 * const client = new Redis({ sentinels: [...redis.addresses], name: redis.name })
 * await redis.failover()
 * ```
 */
export async function startSentinel(options: SentinelOptions = {}): Promise<RedisSentinel> {
  const { replicas = 2, sentinels = 3, downAfterMs = 1_000, args = [] } = options
  const found = await findProgram(options)
  const all: RedisServer[] = []
  const start = async (config: string | undefined, extra: readonly string[]): Promise<RedisServer> => {
    const server = await startProgram(found.program, found.source, {
      args: extra,
      ...(config !== undefined && { config }),
    })
    all.push(server)
    return server
  }
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((server) => server.stop()))
  }
  try {
    // A replica need not wait for other replicas that would copy with it.
    const prompt = ['--repl-diskless-sync-delay', '0', ...args]
    const master = await start(undefined, prompt)
    const follow = ['--replicaof', `${master.host} ${master.port}`, ...prompt]
    const followers = await together(replicas, () => start(undefined, follow))
    // A sentinel that finds the replicas already there need not wait for its next look, ten seconds later.
    await until('replicas that follow', LONG_MS, async () => (await count(master)) === replicas || undefined)
    const config = configFor(master, Math.floor(sentinels / 2) + 1, downAfterMs)
    const watchers = await together(sentinels, () => start(config, ['--sentinel']))
    const redis = handle([master, ...followers], watchers, found, stop)
    await until('sentinels that know each other', LONG_MS, async () => (await allKnow(watchers, replicas)) || undefined)
    return redis
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits for all starts, also when one fails, so that no started server is forgotten. */
async function together<T>(times: number, start: () => Promise<T>): Promise<readonly T[]> {
  const started = Array.from({ length: times }, start)
  await Promise.allSettled(started)
  return Promise.all(started)
}

// After a failover, and after an attempt that failed, a sentinel begins no other one for twice the failover timeout.
function configFor({ host, port }: RedisServer, quorum: number, downAfterMs: number): string {
  return `sentinel monitor ${NAME} ${host} ${port} ${quorum}
sentinel down-after-milliseconds ${NAME} ${downAfterMs}
sentinel failover-timeout ${NAME} 2000
sentinel parallel-syncs ${NAME} 8
`
}

const replicationOf = (server: RedisServer): Promise<unknown> => ask(server, ['INFO', 'replication'], LOOK_MS)

const count = async (master: RedisServer): Promise<number> =>
  [...String(await replicationOf(master)).matchAll(/^slave\d+:.*state=online/gm)].length

async function allKnow(sentinels: readonly RedisServer[], replicas: number): Promise<boolean> {
  const known = await Promise.all(
    sentinels.map(async (sentinel) => {
      const info = String(await ask(sentinel, ['INFO', 'sentinel']))
      const [, slaves, others] = /slaves=(\d+),sentinels=(\d+)/.exec(info) ?? []
      return Number(slaves) === replicas && Number(others) === sentinels.length
    }),
  )
  return known.every(Boolean)
}

function handle(
  nodes: readonly RedisServer[],
  sentinels: readonly RedisServer[],
  { program: { product, version } }: FoundProgram,
  stop: () => Promise<void>,
): RedisSentinel {
  const running = (): readonly RedisServer[] => nodes.filter(({ pid }) => pid !== undefined)
  const roleOf = async (server: RedisServer): Promise<string | undefined> =>
    fieldOf(String(await replicationOf(server)), 'role')

  /** The master on which all running sentinels and the node itself agree; `undefined` while they do not. */
  const agreed = async (): Promise<RedisServer | undefined> => {
    const ports = await Promise.all(
      sentinels
        .filter(({ pid }) => pid !== undefined)
        .map(async (sentinel) => {
          const address = await ask(sentinel, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME], LOOK_MS)
          return Array.isArray(address) ? Number(address[1]) : 0
        }),
    )
    const node = running().find(({ port }) => ports.every((each) => each === port))
    return node !== undefined && (await roleOf(node)) === 'master' ? node : undefined
  }
  const master = (): Promise<RedisServer> => until('a master that the sentinels agree on', LONG_MS, agreed)

  const follows = async (server: RedisServer, { port }: RedisServer): Promise<boolean> => {
    const info = String(await replicationOf(server))
    return fieldOf(info, 'master_port') === `${port}` && fieldOf(info, 'master_link_status') === 'up'
  }
  const settled = async (): Promise<void> => {
    await until('a master whom all follow', LONG_MS, async () => {
      const one = await agreed()
      if (one === undefined) return undefined
      const others = running().filter((server) => server !== one)
      const following = await Promise.all(others.map((server) => follows(server, one)))
      return following.every(Boolean) || undefined
    })
  }

  return Object.freeze({
    product,
    version,
    name: NAME,
    nodes: Object.freeze([...nodes]),
    sentinels: Object.freeze([...sentinels]),
    addresses: Object.freeze(sentinels.map(({ host, port }) => Object.freeze({ host, port }))),
    master,
    replicas: async () => {
      const one = await master()
      const others = running().filter((server) => server !== one)
      const following = await Promise.all(others.map((server) => follows(server, one).catch(() => false)))
      return others.filter((_, index) => following[index])
    },
    failover: async () => {
      const before = await master()
      // The sentinels refuse while another failover is under way, and while no replica has answered for a moment.
      await until('a failover that the sentinels agree to begin', LONG_MS, async () => {
        const [sentinel] = sentinels.filter(({ pid }) => pid !== undefined)
        return sentinel && ask(sentinel, ['SENTINEL', 'FAILOVER', NAME])
      })
      return until('another master', LONG_MS, async () => {
        const now = await agreed()
        return now === before ? undefined : now
      })
    },
    settled,
    stop,
    [Symbol.asyncDispose]: stop,
  })
}
