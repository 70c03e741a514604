import { BackendError } from '@holdfast/core'
import type { IoredisClient } from './client.js'

/** The commands that are sent over the client. */
export type Commands = Pick<IoredisClient, 'evalsha' | 'eval' | 'scan'>

/** Members of a `Redis` that name its database. */
interface Look {
  readonly options: { readonly db?: number }
  /** Absent before the first connection. Follows `select()`. */
  readonly condition?: { readonly select?: number } | null
}

/**
 * Precedes a script: it selects the database that its last argument names, for itself alone, or writes nothing. The
 * script does not see that argument.
 */
const SELECT =
  "do local db = table.remove(ARGV) local r = redis.pcall('select', db) if r.err then return {err = 'ERR database ' .. db .. ' could not be selected: ' .. r.err} end end "
const NOT_SELECTED = /^ERR (database \d+ could not be selected: .*)/s

const SCAN = `${SELECT}return redis.call('scan', unpack(ARGV))`

/** The hash of a script that selects, by the hash of the script. */
const hashes = new Map<string, string>()

/** The clients that were seen in another database than 0. */
const moved = new WeakSet<object>()

/**
 * The commands of the client, executed in its database or not at all. Its connection may be in another one:
 *
 * - the server refuses the `SELECT` of ioredis, by the rights of the user or because it has fewer databases, and ioredis
 *   goes on in database 0;
 * - a transaction that was to select is aborted, or a raw command selects: ioredis does not notice either.
 *
 * A lock in another database excludes nobody who looks into the right one. So each script selects the database by
 * itself. A client that was never seen in another database than 0, and a cluster, which has no other, send scripts as
 * they are: a user of database 0 does not need the right to select.
 */
export function commandsOf(client: IoredisClient): Commands {
  return {
    evalsha: (sha1, keyCount, ...words) => {
      const database = databaseToSelect(client)
      if (database === undefined) return client.evalsha(sha1, keyCount, ...words)
      const hash = hashes.get(sha1)
      if (hash === undefined) return Promise.reject(new Error('NOSCRIPT the script that selects was not sent yet'))
      return selecting(client, () => client.evalsha(hash, keyCount, ...words, database))
    },
    eval: async (source, keyCount, ...words) => {
      const database = databaseToSelect(client)
      if (database === undefined) return client.eval(source, keyCount, ...words)
      const script = SELECT + source
      const sent = selecting(client, () => client.eval(script, keyCount, ...words, database))
      // Commands that wait for this one are sent by the hash.
      const [reply] = await Promise.all([sent, learnHash(source, script)])
      return reply
    },
    scan: async (cursor, match, pattern, count, size) => {
      const database = databaseToSelect(client)
      if (database === undefined) return client.scan?.(cursor, match, pattern, count, size)
      return selecting(client, () => client.eval(SCAN, 0, cursor, match, pattern, count, `${size}`, database))
    },
  }
}

function databaseToSelect(client: IoredisClient): string | undefined {
  if (client.isCluster) return undefined
  const { condition, options }: Look = client
  const configured = options.db || 0
  const database = (condition ? condition.select : configured) || 0
  if (database !== 0 || configured !== 0) moved.add(client)
  return moved.has(client) ? `${database}` : undefined
}

/**
 * Sends a script that selects. On another connection than at first it was sent again, and may have been executed before
 * it was refused. The refusal has no cause: the errors of ioredis carry the words of the command.
 */
async function selecting(client: IoredisClient, send: () => Promise<unknown>): Promise<unknown> {
  const { stream } = client
  try {
    return await send()
  } catch (error) {
    const reason = error instanceof Error ? NOT_SELECTED.exec(error.message)?.[1] : undefined
    if (reason === undefined) throw error
    const executed = client.stream === stream ? 'no' : 'unknown'
    throw new BackendError(`ioredis: ${reason}`, { executed, retryable: false })
  }
}

async function learnHash(source: string, script: string): Promise<void> {
  try {
    const [from, to] = await Promise.all([sha1Of(source), sha1Of(script)])
    hashes.set(from, to)
  } catch {
    // A platform without SHA-1: the source is sent each time. The reply to the script counts all the same.
  }
}

async function sha1Of(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
