import { BackendError } from '@holdfast/core'
import type { IoredisClient } from './client.js'

/** The commands that are sent over the client. */
export type Commands = Pick<IoredisClient, 'evalsha' | 'eval' | 'scan'>

/** Members of a `Redis` by which its commands are sent. */
interface Sender {
  readonly options: { readonly db?: unknown }
  /** Absent before the first connection. Follows `select()`. */
  readonly condition?: { readonly select?: unknown } | null
  sendCommand?(command: Command): unknown
}

interface Command {
  /** The bytes to write: asked for whenever ioredis writes the command, so once more when it sends it again. */
  toWritable(stream: object): unknown
}

/** The database in which a connection is for certain. */
const databases = new WeakMap<object, unknown>()

/**
 * The commands of the client, executed in its database or not at all. When the server refuses the `SELECT` of ioredis,
 * by the rights of the user or because it has fewer databases, ioredis goes on in database 0, where a lock excludes
 * nobody who looks into the right one.
 *
 * A client of database 0, and a cluster, which has no other, are called directly.
 */
export function commandsOf(client: IoredisClient): Commands {
  const sender: Sender = client
  const send = (call: Call): Promise<unknown> =>
    client.isCluster || (!databaseOf(sender) && !sender.options.db) ? call(client) : sendInDatabase(sender, call)
  return {
    evalsha: (...words) => send((self) => client.evalsha.apply(self, words)),
    eval: (...words) => send((self) => client.eval.apply(self, words)),
    scan: (...words) => send(async (self) => client.scan?.apply(self, words)),
  }
}

/** Calls a method of the client, which sends its command by the `sendCommand` of `self`. */
type Call = (self: unknown) => Promise<unknown>

const databaseOf = ({ condition, options }: Sender): unknown => (condition ? condition.select : options.db) || 0

/** The course of a command. */
interface Written {
  /** The last time that it was written, `SELECT` was written in its place: to where, and for which database. */
  selecting?: { readonly stream: object; readonly database: unknown } | undefined
  /** Whether it was ever written itself. */
  itself: boolean
}

/**
 * Sends a command that is written as `SELECT` to a connection that is not known to be in the database of the client.
 * Once that is answered, the command is sent anew. A command that ioredis sends again by itself, after a cut, goes to a
 * new connection ahead of everything else, and meets the same check.
 */
async function sendInDatabase(client: Sender, call: Call): Promise<unknown> {
  const written: Written = { itself: false }
  const sendCommand = (command: Command): unknown => {
    writeInDatabase(client, command, written)
    return client.sendCommand?.(command)
  }
  // In a pipeline that ioredis makes by itself, the command would not pass here.
  const options: unknown = Object.create(client.options, { enableAutoPipelining: { value: false } })
  const self: unknown = Object.create(client, { options: { value: options }, sendCommand: { value: sendCommand } })
  for (;;) {
    const reply = await call(self).catch((error: unknown) => {
      // Any other error than an answer of the server says nothing of the database.
      throw written.selecting !== undefined && isReply(error) ? notSelected(written, error.message) : error
    })
    const { selecting } = written
    if (selecting === undefined) return reply
    // A transaction that is open on the connection of the caller answers otherwise.
    if (reply !== 'OK') throw notSelected(written, String(reply))
    databases.set(selecting.stream, selecting.database)
  }
}

function writeInDatabase(client: Sender, command: Command, written: Written): void {
  const write = command.toWritable
  command.toWritable = (stream) => {
    const database = databaseOf(client)
    const isThere = databases.get(stream) === database
    written.selecting = isThere ? undefined : { stream, database }
    written.itself ||= isThere
    const digits = String(database)
    return isThere ? write.call(command, stream) : `*2\r\n$6\r\nSELECT\r\n$${digits.length}\r\n${digits}\r\n`
  }
}

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

/** Without a cause: the errors of ioredis carry the words of the command. A busy server refuses for a while only. */
function notSelected({ selecting, itself }: Written, reason: string): BackendError {
  return new BackendError(`ioredis: database ${String(selecting?.database)} could not be selected: ${reason}`, {
    executed: itself ? 'unknown' : 'no',
    retryable: reason.startsWith('BUSY '),
  })
}
