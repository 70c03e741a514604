import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients } from './clients.js'
import type { Contender, Held, Locks } from './contender.js'
import { DELETE_IF_MINE, onIoredis, script } from './script.js'

// References for the cost that the protocol can reach. None of them survives a crash: they are no locks to use.

const TAKE_OR_QUEUE = script(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
redis.call('RPUSH', KEYS[2], ARGV[3] .. ' ' .. ARGV[1])
return 0`)

const PASS_ON = script(`
local head = redis.call('LPOP', KEYS[2])
if not head then return redis.call('DEL', KEYS[1]) end
local channel, token = string.match(head, '^(%S+) (%S+)$')
redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
return redis.call('PUBLISH', channel, token)`)

/** A bare queue in Redis with direct hand-over to the head's own channel. */
export const refQueue: Contender = {
  id: 'ref-queue',
  label: 'ref-queue (not safe)',
  kind: 'reference',
  client: 'ioredis',
  sends: ['evalsha', 'eval', 'subscribe'],
  open: (clients, { ttlMs }) => openQueue(clients, `${ttlMs}`),
}

function openQueue({ ioredis }: Clients, ttl: string): Locks {
  const channel = `bench:inbox:${randomUUID()}`
  const granted = new Map<string, () => void>()
  const subscriber = ioredis.duplicate()
  subscriber.on('message', (_, token: string) => granted.get(token)?.())
  const subscribed = subscriber.subscribe(channel)

  const acquire = async (name: string): Promise<Held> => {
    await subscribed
    const token = randomUUID()
    const turn = new Promise<void>((resolve) => granted.set(token, resolve))
    const keys = [name, `${name}:queue`]
    if ((await onIoredis(ioredis, TAKE_OR_QUEUE, keys, [token, ttl, channel])) === 0) await turn
    granted.delete(token)
    return { release: () => onIoredis(ioredis, PASS_ON, keys, [ttl]) }
  }
  return { acquire, tryAcquire: acquire, close: async () => subscriber.disconnect() }
}

const POLL_MS = 5

/** A local queue that keeps the key while another caller in this process waits: other processes starve. */
export const refLocal: Contender = {
  id: 'ref-local',
  label: 'ref-local (not safe)',
  kind: 'reference',
  client: 'ioredis',
  sends: ['set', 'evalsha', 'eval'],
  open: (clients, { ttlMs }) => openLocal(clients, ttlMs),
}

function openLocal({ ioredis }: Clients, ttlMs: number): Locks {
  const lines = new Map<string, (() => void)[]>()
  const token = randomUUID()
  const acquire = async (name: string): Promise<Held> => {
    const line = lines.get(name)
    if (line !== undefined) await new Promise<void>((resolve) => line.push(resolve))
    else {
      lines.set(name, [])
      while ((await ioredis.set(name, token, 'PX', ttlMs, 'NX')) === null) await sleep(POLL_MS)
    }
    const release = async (): Promise<void> => {
      const next = lines.get(name)?.shift()
      if (next !== undefined) return next()
      lines.delete(name)
      await onIoredis(ioredis, DELETE_IF_MINE, [name], [token])
    }
    return { release }
  }
  return { acquire, tryAcquire: acquire }
}

const TAKE_FENCED = script(`
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 'b' end
local time = redis.call('TIME')
local now = time[1] .. string.sub('00000' .. time[2], -6)
local last = redis.call('SET', KEYS[2], now, 'PX', 86400000, 'GET')
if last and last >= now then return redis.error_reply('ERR the clock was set back') end
return 'a' .. now`)

/** The lowest cost of a lock with a fence: three calls in a script, two keys; no line and no renewal. */
export const refFenced: Contender = {
  id: 'ref-fenced',
  label: 'bare script with fence',
  kind: 'reference',
  client: 'ioredis',
  sends: ['evalsha', 'eval'],
  open: ({ ioredis }, { ttlMs }) => {
    const ttl = `${ttlMs}`
    const acquire = async (name: string): Promise<Held> => {
      const token = randomUUID()
      const reply = String(await onIoredis(ioredis, TAKE_FENCED, [name, `{${name}}:f`], [token, ttl]))
      if (reply === 'b') throw new Error('the reference does not wait: the name was taken')
      return { fence: Number(reply.slice(1)), release: () => onIoredis(ioredis, DELETE_IF_MINE, [name], [token]) }
    }
    return { acquire, tryAcquire: acquire }
  },
}
