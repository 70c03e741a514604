import type { Version } from './process/version.js'

/** Where a server came from: in the order in which they are tried. */
export type RedisSource = 'env' | 'path' | 'docker' | 'apt'

/** The product, the version and the address of a server. */
export interface RedisFacts extends Version {
  /** For a client: `redis://127.0.0.1:<port>`, or `REDIS_URL` as it is, with its password. */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly source: RedisSource
  /** The binary that was started, when it runs on this machine. */
  readonly executable?: string
}

/**
 * A real Redis server. Calls take effect one after the other, in the order in which they were made. On a server that
 * was not started here (`source: 'env'`), `stop` leaves it alone and the other four reject.
 */
export interface RedisServer extends RedisFacts, AsyncDisposable {
  /** The server's process id while it runs on this machine. It changes with `restart`. */
  readonly pid: number | undefined
  /** Freezes the server (SIGSTOP): connections stay open, nothing is answered. */
  pause(): Promise<void>
  /** Lets a paused server go on. */
  resume(): Promise<void>
  /** Ends the server as a crash would (SIGKILL). Its port stays reserved for `restart`. */
  kill(): Promise<void>
  /** Starts the server again on the same port, killing it first if it runs. Empty, unless `args` made it persistent. */
  restart(): Promise<void>
  /** Ends the server for good and removes its files. */
  stop(): Promise<void>
}

/** The operations of a source on the server that it started. */
export interface Machine {
  readonly pid: () => number | undefined
  readonly pause: () => Promise<void> | void
  readonly resume: () => Promise<void> | void
  /** Does nothing when the server does not run. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  /** Ends the server and removes what it left. */
  readonly dispose: () => Promise<void>
}

/** Makes the handle of a server that runs. */
export function createServerHandle(facts: RedisFacts, machine: Machine): RedisServer {
  let stopped = false
  let last: Promise<void> = Promise.resolve()

  const inOrder = (run: () => Promise<void> | void): Promise<void> => {
    const turn = last.then(run)
    last = turn.catch(() => {})
    return turn
  }
  const whileOurs = (run: () => Promise<void> | void) => (): Promise<void> =>
    inOrder(() => {
      if (stopped) throw new Error('this Redis server was stopped')
      return run()
    })
  const stop = (): Promise<void> =>
    inOrder(async () => {
      if (stopped) return
      stopped = true
      await machine.dispose()
    })

  return Object.freeze({
    ...facts,
    get pid() {
      return machine.pid()
    },
    pause: whileOurs(machine.pause),
    resume: whileOurs(machine.resume),
    kill: whileOurs(machine.kill),
    restart: whileOurs(async () => {
      await machine.kill()
      await machine.start()
    }),
    stop,
    [Symbol.asyncDispose]: stop,
  })
}
