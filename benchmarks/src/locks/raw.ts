import { randomUUID } from 'node:crypto'
import type { Contender, Held, Terms } from './contender.js'
import { DELETE_IF_MINE, EXTEND_IF_MINE, onIoredis, onNodeRedis } from './script.js'

// The baseline: only the commands that every lock needs. The baseline never waits for a holder, so it is left out of
// workloads with contention.

/** `SET key token NX PX ttl`, then EVALSHA of a compare-and-delete, by ioredis. */
export const rawIoredis: Contender = {
  id: 'raw-ioredis',
  label: 'bare ioredis',
  kind: 'control',
  client: 'ioredis',
  sends: ['set', 'evalsha', 'eval'],
  open: ({ ioredis }, { ttlMs }) => {
    const tryAcquire = async (name: string): Promise<Held | null> => {
      const token = randomUUID()
      if ((await ioredis.set(name, token, 'PX', ttlMs, 'NX')) === null) return null
      return { release: () => onIoredis(ioredis, DELETE_IF_MINE, [name], [token]) }
    }
    return { tryAcquire, acquire: async (name) => granted(await tryAcquire(name)) }
  },
}

/**
 * The pair of `rawIoredis`, over a connection of its own that sends the commands of a turn of the event loop together.
 */
export const rawPipelined: Contender = {
  ...rawIoredis,
  id: 'raw-pipelined',
  label: 'bare ioredis, auto-pipelining',
  kind: 'reference',
  open: (clients, terms) => {
    const ioredis = clients.ioredis.duplicate({ enableAutoPipelining: true })
    return { ...rawIoredis.open({ ...clients, ioredis }, terms), close: async () => ioredis.disconnect() }
  },
}

/** The same pair, sent by node-redis. */
export const rawNodeRedis: Contender = {
  id: 'raw-node-redis',
  label: 'bare node-redis',
  kind: 'control',
  client: 'node-redis',
  sends: ['set', 'evalsha', 'eval'],
  open: ({ nodeRedis }, { ttlMs }) => {
    const expiration = { type: 'PX', value: ttlMs } as const
    const tryAcquire = async (name: string): Promise<Held | null> => {
      const token = randomUUID()
      if ((await nodeRedis.set(name, token, { expiration, condition: 'NX' })) === null) return null
      return { release: () => onNodeRedis(nodeRedis, DELETE_IF_MINE, [name], [token]) }
    }
    return { tryAcquire, acquire: async (name) => granted(await tryAcquire(name)) }
  },
}

/** The bare client with the simplest renewal: one command for each held lock, three times in a ttl. */
export const rawRenewing: Contender = {
  ...rawIoredis,
  id: 'raw-renewing',
  label: 'one command each',
  renewedBy: 'pexpire',
  open: (clients, terms) => {
    const { ioredis } = clients
    const tokens = new Map<string, string>()
    const timer = setInterval(() => {
      for (const [name, token] of tokens) void onIoredis(ioredis, EXTEND_IF_MINE, [name], [token, `${terms.ttlMs}`])
    }, terms.ttlMs / 3)
    return {
      acquire: (name) => hold(clients.ioredis, name, terms, tokens),
      tryAcquire: (name) => hold(clients.ioredis, name, terms, tokens),
      close: async () => clearInterval(timer),
    }
  },
}

async function hold(
  ioredis: Parameters<typeof onIoredis>[0],
  name: string,
  { ttlMs }: Terms,
  tokens: Map<string, string>,
): Promise<Held> {
  const token = randomUUID()
  await ioredis.set(name, token, 'PX', ttlMs, 'NX')
  tokens.set(name, token)
  return {
    release: async () => {
      tokens.delete(name)
      await onIoredis(ioredis, DELETE_IF_MINE, [name], [token])
    },
  }
}

export function granted(held: Held | null): Held {
  if (held === null) throw new Error('the bare client does not wait: the name was taken')
  return held
}
