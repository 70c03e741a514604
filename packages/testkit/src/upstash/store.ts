import { connectRaw, type RawClient, type RedisAddress } from '../redis/wire/raw-client.js'
import type { Reply } from '../redis/wire/resp.js'

/** The outcome of a command: its reply, or the server's error as a value. */
export type Outcome = Reply

/** The Redis behind a gateway. */
export interface Store {
  /** Runs the commands in order, each whether or not the others fail. Rejects when the server is gone. */
  run(commands: readonly (readonly string[])[]): Promise<readonly Outcome[]>
  /** Runs the commands as one transaction: answers their replies, or the error of a transaction without replies. */
  transact(commands: readonly (readonly string[])[]): Promise<readonly Outcome[] | Error>
  close(): void
}

/** The connection for all requests, opened when it is needed and anew when it has ended. */
export function createStore(target: RedisAddress): Store {
  let connection: Promise<RawClient> | undefined

  const run: Store['run'] = async (commands) => {
    connection ??= connectRaw(target)
    const mine = connection
    try {
      const client = await mine
      // All commands are written at once, so that no command of another request comes between.
      return await Promise.all(commands.map((words) => client.command(...words).catch(asValue)))
    } catch (error) {
      if (connection === mine) connection = undefined
      throw error
    }
  }

  return {
    run,
    transact: async (commands) => {
      const replies = await run([['MULTI'], ...commands, ['EXEC']])
      const last = replies.at(-1)
      if (isList(last)) return last
      return last instanceof Error ? last : new Error('ERR the transaction was not executed')
    },
    close: () => void connection?.then((client) => client.close()).catch(() => {}),
  }
}

function isList(reply: Reply | undefined): reply is readonly Reply[] {
  return Array.isArray(reply)
}

function asValue(error: unknown): Error {
  if (error instanceof Error && error.name === 'ReplyError') return error
  throw error
}
