import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { NodeRedis } from './clients.js'

/** A script as a bare client runs it: by its hash, sent in whole when the server does not know it. */
export interface Script {
  readonly source: string
  readonly sha1: string
}

export function script(source: string): Script {
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

const isUnknown = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

export async function onIoredis(
  client: Redis,
  { source, sha1 }: Script,
  keys: string[],
  args: string[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha1, keys.length, ...keys, ...args)
  } catch (error) {
    if (!isUnknown(error)) throw error
    return client.eval(source, keys.length, ...keys, ...args)
  }
}

export async function onNodeRedis(
  client: NodeRedis,
  { source, sha1 }: Script,
  keys: string[],
  args: string[],
): Promise<unknown> {
  try {
    return await client.evalSha(sha1, { keys, arguments: args })
  } catch (error) {
    if (!isUnknown(error)) throw error
    return client.eval(source, { keys, arguments: args })
  }
}

export const DELETE_IF_MINE = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

export const EXTEND_IF_MINE = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`)
