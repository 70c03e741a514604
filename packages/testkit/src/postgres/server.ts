/** Where a server came from: the rungs of the ladder, in the order in which they are tried, but for PGlite. */
export type PostgresSource = 'env' | 'path' | 'apt' | 'docker' | 'npm'

/** Where a server listens. */
export interface PostgresFacts {
  /** For a client: `postgres://postgres@127.0.0.1:<port>/postgres`, or `DATABASE_URL` as it is, with its password. */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly source: PostgresSource
}

/**
 * A real PostgreSQL server. Calls take effect one after the other, in the order in which they were made. On a server
 * that was not started here (`source: 'env'`), `stop` leaves it alone and the other four reject.
 */
export interface PostgresServer extends PostgresFacts, AsyncDisposable {
  /** Freezes the server with all of its processes (SIGSTOP): connections stay open, nothing is answered. */
  pause(): Promise<void>
  /** Lets a paused server go on. */
  resume(): Promise<void>
  /** Ends the server without a checkpoint, as a crash would. Its port stays reserved for `restart`, and its data stay. */
  kill(): Promise<void>
  /** Starts the server again on the same port with the same data, killing it first if it runs. */
  restart(): Promise<void>
  /** Ends the server for good and removes its files. */
  stop(): Promise<void>
}

/** PostgreSQL within this process, over PGlite: one session, no server, and no URL. */
export interface InProcessPostgres extends AsyncDisposable {
  readonly source: 'pglite'
  /** The PGlite instance. */
  readonly database: PgliteDatabase
  /** Ends the database. */
  stop(): Promise<void>
}

/** The members of PGlite that are used here; the object has all of them. */
export interface PgliteDatabase {
  query(text: string, values?: (string | null)[]): Promise<{ readonly rows: unknown[] }>
  listen(channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>>
  transaction<T>(run: (tx: Pick<PgliteDatabase, 'query'>) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The operations of a rung on the server that it started. */
export interface Machine {
  readonly pause: () => Promise<void> | void
  readonly resume: () => Promise<void> | void
  /** Does nothing when the server does not run. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  /** Ends the server and removes what it left. */
  readonly dispose: () => Promise<void>
}

/** Makes the handle of a server that runs. */
export function createPostgresHandle(facts: PostgresFacts, machine: Machine): PostgresServer {
  let stopped = false
  let last: Promise<void> = Promise.resolve()
  const inOrder = (run: () => Promise<void> | void): Promise<void> => {
    const step = last.then(run)
    last = step.catch(() => {})
    return step
  }
  const whileOurs = (run: () => Promise<void> | void) => (): Promise<void> =>
    inOrder(() => {
      if (stopped) throw new Error('this PostgreSQL server was stopped')
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
