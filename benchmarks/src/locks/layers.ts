import { randomUUID } from 'node:crypto'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import type { Claim } from '@holdfast/core'
import { redisBackend } from '@holdfast/core/redis'
import type { Redis } from 'ioredis'
import type { Contender, Held } from './contender.js'
import { granted } from './raw.js'

// Parts of Holdfast by themselves: the difference between two rows is the cost of a layer.

/** The two scripts of a pair, sent by the bare client. */
export const layerScripts: Contender = {
  id: 'layer-scripts',
  label: 'its scripts alone',
  kind: 'reference',
  client: 'ioredis',
  sends: ['evalsha', 'eval'],
  open: ({ ioredis }, { ttlMs }) => {
    const pairs = new Map<string, Promise<readonly Send[]>>()
    const tryAcquire = async (name: string): Promise<Held | null> => {
      let pair = pairs.get(name)
      if (pair === undefined) pairs.set(name, (pair = recordPair(ioredis, claimOn(name, ttlMs))))
      const { owner } = claimOn(name, ttlMs)
      const [take, free] = await pair
      return String(await take?.(owner)).startsWith('b') ? null : { release: async () => free?.(owner) }
    }
    return { tryAcquire, acquire: async (name) => granted(await tryAcquire(name)) }
  },
}

/** The backend without a locker: no queue, no lease, no renewal. */
export const layerBackend: Contender = {
  ...layerScripts,
  id: 'layer-backend',
  label: 'its backend alone',
  open: ({ ioredis }, { ttlMs }) => {
    const backend = ioredisBackend(ioredis)
    const tryAcquire = async (name: string): Promise<Held | null> => {
      const claim = claimOn(name, ttlMs)
      const { acquired } = await backend.acquire(claim)
      return acquired ? { release: () => backend.release(claim) } : null
    }
    return { tryAcquire, acquire: async (name) => granted(await tryAcquire(name)) }
  },
}

/** The backend without a locker, where a claim that is refused waits in line for its grant. */
export const layerLine: Contender = {
  ...layerBackend,
  id: 'layer-line',
  sends: ['evalsha', 'eval', 'subscribe'],
  open: ({ ioredis }, { ttlMs, waitMs }) => {
    const backend = ioredisBackend(ioredis)
    const onGrant = new Map<string, () => void>()
    const watching = backend.watch?.((turn) => {
      if (turn.type === 'turn' && turn.granted) onGrant.get(turn.owner)?.()
    })
    const acquire = async (name: string): Promise<Held> => {
      await watching
      const claim = { ...claimOn(name, ttlMs), lineMs: waitMs }
      const grant = new Promise<void>((resolve) => onGrant.set(claim.owner, resolve))
      if (!(await backend.acquire(claim)).acquired) await grant
      onGrant.delete(claim.owner)
      return { release: () => backend.release(claim) }
    }
    return { acquire, tryAcquire: acquire, close: async () => (await watching)?.() }
  },
}

/** A recorded command, which is sent again for another owner. */
type Send = (owner: string) => Promise<unknown>

async function recordPair(client: Redis, claim: Claim): Promise<readonly Send[]> {
  const sends: Send[] = []
  const backend = redisBackend({
    name: 'recorder',
    clustered: false,
    evalsha: (sha1, keys, args) => {
      const send: Send = (owner) =>
        client.evalsha(sha1, keys.length, ...keys, ...args.map((arg) => (arg === claim.owner ? owner : arg)))
      sends.push(send)
      return send(claim.owner)
    },
    eval: (source, keys, args) => client.eval(source, keys.length, ...keys, ...args),
  })
  await backend.acquire(claim)
  await backend.release(claim)
  return sends
}

function claimOn(name: string, ttlMs: number): Claim {
  return { name, owner: `bench~${randomUUID().replaceAll('-', '')}`, ttlMs, mode: 'exclusive', limit: 1 }
}
