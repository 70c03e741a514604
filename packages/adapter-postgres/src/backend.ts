import {
  type CallOptions,
  type Capabilities,
  type Claim,
  type ExtendOutcome,
  type Inspection,
  isBackendError,
  type LockBackend,
} from '@holdfast/core'
import { checkClient, type PostgresClient } from './client.js'
import { createInbox } from './inbox.js'
import { listenOf } from './listen.js'
import { schemaOf, type SchemaOptions } from './schema.js'
import { createStatements, type Statements } from './statements.js'

/** Options of {@link postgresBackend}. */
export interface PostgresBackendOptions extends SchemaOptions {
  /**
   * The client by which notifications are listened for, on one connection beside its others. Default: the client itself,
   * if it can. Give one that connects directly when the client connects through a pooler; `false`: waiters poll.
   */
  readonly listen?: PostgresClient | false | undefined
}

/**
 * A backend over a client of yours for PostgreSQL: a `Pool` of pg, `Sql` of postgres, PGlite. The tables and functions
 * must be there: see {@link migrate}.
 *
 * Each verb is one statement in autocommit, so that it works through PgBouncer in transaction mode. The client stays
 * yours: it is neither connected, closed nor changed. A client that is within a transaction will not do.
 *
 * @throws `TypeError` when this is no such client, for an unknown option, or when `listen` is a client that cannot
 * listen; `RangeError` for a schema that cannot be one.
 */
export function postgresBackend(client: PostgresClient, options: PostgresBackendOptions = {}): LockBackend {
  checkClient(client, 'postgresBackend needs')
  const schema = schemaOf(options, 'the postgres backend', 'listen')
  const { listen: listener = client } = options
  if (listener !== false) checkClient(listener, 'listen must be false or')
  const listen = listener === false ? undefined : listenOf(listener, listener === client)
  if (listen === undefined && options.listen) {
    throw new TypeError('listen needs a client that can listen: a Pool of pg, Sql of postgres, PGlite')
  }
  const statements = createStatements(client, schema)
  const inbox = listen && createInbox(listen, schema)
  const capabilities: Capabilities = Object.freeze({
    scope: 'shared',
    fencing: true,
    shared: true,
    line: true,
    watch: inbox !== undefined,
    list: true,
  })

  return Object.freeze({
    specVersion: 1,
    name: 'postgres',
    capabilities,
    acquire: async (claim, call) => {
      const { name, owner } = claim
      const address = claim.lineMs === undefined ? undefined : inbox?.expect(name, owner)
      try {
        const outcome = await statements.acquire(claim, address, call)
        if (outcome.acquired) inbox?.forget(owner)
        return outcome
      } catch (error) {
        if (address !== undefined && isBackendError(error) && error.executed === 'no')
          inbox?.onNotExecuted(owner, address)
        throw error
      }
    },
    extend: (claims, call) => {
      inbox?.need()
      return extend(statements, claims, call)
    },
    release: async (ownership, call) => {
      inbox?.forget(ownership.owner)
      return statements.release(ownership, call)
    },
    inspect: async (name, call) => {
      const seen = await statements.inspect(name, call)
      if (seen === null) return null
      const { line: _, ...inspection } = seen
      return inspection
    },
    evict: statements.evict,
    list: (call) => list(statements, call),
    ...(inbox === undefined ? {} : { watch: inbox.watch }),
  } satisfies LockBackend)
}

async function extend(
  statements: Statements,
  claims: readonly Claim[],
  call: CallOptions | undefined,
): Promise<readonly ExtendOutcome[]> {
  const [only] = claims
  if (only !== undefined && claims.length === 1 && reserves(only)) return [await statements.reserve(only, call)]
  const plain = claims.filter((claim) => !reserves(claim))
  const letters = plain.length > 1 ? await statements.extendMany(plain, call) : 'b'
  // A claim that changes more than the lease, or has to wait, has a statement of its own: if it fails, the others still
  // succeed.
  const alone = (outcome: Promise<ExtendOutcome>): Promise<ExtendOutcome> =>
    claims.length === 1 ? outcome : outcome.catch((cause: unknown) => ({ status: 'unknown', cause }))
  const outcomeOf = async (claim: Claim): Promise<ExtendOutcome> => {
    if (reserves(claim)) return alone(statements.reserve(claim, call))
    return alone(extendOne(statements, claim, letters[plain.indexOf(claim)], call))
  }
  return Promise.all(claims.map(outcomeOf))
}

async function extendOne(
  statements: Statements,
  claim: Claim,
  said: string | undefined,
  call: CallOptions | undefined,
): Promise<ExtendOutcome> {
  const letter = said === 'b' ? await statements.extend(claim, call) : said
  if (letter === 'w') return statements.downgrade(claim, call)
  return letter === 'e' ? { status: 'extended', validMs: claim.ttlMs, fence: null } : { status: 'lost' }
}

const reserves = ({ fences, mode }: Claim): boolean => fences !== undefined && mode === 'exclusive'

async function* list(statements: Statements, call: CallOptions = {}): AsyncGenerator<Inspection> {
  let after: string | undefined = ''
  while (after !== undefined) {
    call.signal?.throwIfAborted()
    const page = await statements.page(after, call)
    call.progress?.()
    yield* page.seen
    after = page.last
  }
}
