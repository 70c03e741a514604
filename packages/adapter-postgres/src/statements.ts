import type {
  AcquireOutcome,
  CallOptions,
  Claim,
  ExtendOutcome,
  Holder,
  Inspection,
  Ownership,
  ReleaseOutcome,
  Waiter,
} from '@holdfast/core'
import { type Arg, bigint, boolean, readCommittedOf, type Statement, statementOf, text } from './calls.js'
import { type PostgresClient, runOf } from './client.js'
import { conflictOf, toBackendError } from './failure.js'
import { fromStored, toStored } from './text.js'

/** Where a waiter is to be notified. */
export interface Address {
  readonly inbox: string
  readonly secret: string
}

/** The answers of the functions. Any other is no certain answer. */
const ANSWERS = {
  acquire_v1: /^(a \d+|b \d* \d*)$/,
  extend_v1: /^[elw]$/,
  extend_many_v1: /^[elwb]*$/,
  reserve_v1: /^(e \d+|l)$/,
  downgrade_v1: /^[el]$/,
  release_v1: /^[rn]$/,
  evict_v1: /^[en]$/,
  look_v1: /^\[/,
} as const

/** A statement for each verb. Each rejects with a `BackendError` only, and is sent again after a conflict. */
export interface Statements {
  acquire(claim: Claim, address: Address | undefined, by?: CallOptions): Promise<AcquireOutcome>
  /** `e` extended, `l` lost, `w` held exclusively and claimed as shared. Waits for a row that is locked. */
  extend(claim: Claim, by?: CallOptions): Promise<string>
  /** A letter for each claim, as of `extend`, or `b` for a row that is locked: it is to be extended by itself. */
  extendMany(claims: readonly Claim[], by?: CallOptions): Promise<string>
  reserve(claim: Claim, by?: CallOptions): Promise<ExtendOutcome>
  downgrade(claim: Claim, by?: CallOptions): Promise<ExtendOutcome>
  release(ownership: Ownership, by?: CallOptions): Promise<ReleaseOutcome>
  evict(name: string, by?: CallOptions): Promise<boolean>
  inspect(name: string, by?: CallOptions): Promise<LineInspection | null>
  /** The first names behind `after`, in their order at the server, and the last of them as it is stored. */
  page(after: string, by?: CallOptions): Promise<Page>
}

interface Page {
  readonly seen: readonly LineInspection[]
  readonly last: string | undefined
}

export interface LineInspection extends Inspection {
  readonly line: readonly Waiter[]
}

const PAGE = 200

export function createStatements(client: PostgresClient, schema: string): Statements {
  const run = runOf(client)
  /** How a call becomes a statement, which depends on the isolation level of the connection. */
  let statementFor = statementOf
  /**
   * Calls a function of the schema, and once more after a conflict with another transaction, which the server has rolled
   * back. Only with another level than READ COMMITTED can a transaction fail to serialize: from then on that level is
   * replaced at once.
   */
  const call = async (
    name: keyof typeof ANSWERS,
    args: readonly Arg[],
    by: CallOptions | undefined,
    secrets: readonly string[] = [],
  ): Promise<string> => {
    const send = async (statement: Statement): Promise<string> => {
      try {
        const answer = await run(statement.text, statement.values)
        if (answer !== null && ANSWERS[name].test(answer)) return answer
        throw new Error(`${name} gave an answer that is none of its own`)
      } catch (error) {
        throw toBackendError(error, { client, schema, secrets })
      }
    }
    const ask = (): Promise<string> => send(statementFor({ schema, name, args }))
    return ask().catch((error: unknown) => {
      const conflict = conflictOf(error)
      if (conflict === 'serialization') statementFor = readCommittedOf
      // The signal is read after a conflict only: core makes a controller for each call whose signal is read.
      if (conflict === undefined || by?.signal?.aborted) throw error
      return ask()
    })
  }
  const look = async (args: readonly Arg[], by: CallOptions | undefined): Promise<readonly LookRow[]> =>
    parseRows(await call('look_v1', args, by))

  return {
    acquire: async (claim, address, by) => {
      const { name, owner, ttlMs, mode, limit, lineMs, fences = 1, steal = false } = claim
      const most = limit === Infinity ? null : limit
      const args: readonly Arg[] = [
        ...[text(name), text(owner), bigint(ttlMs), boolean(mode === 'shared'), bigint(most), bigint(fences)],
        ...[boolean(steal), bigint(lineMs), text(address?.inbox), text(address?.secret)],
      ]
      return outcomeOf(await call('acquire_v1', args, by, [owner, address?.secret ?? '']), ttlMs)
    },
    extend: ({ name, owner, ttlMs, mode }, by) =>
      call('extend_v1', [text(name), text(owner), bigint(ttlMs), boolean(mode === 'shared')], by, [owner]),
    extendMany: async (claims, by) => {
      const rows = claims.map(({ name, owner, ttlMs, mode }) => [
        toStored(name),
        toStored(owner),
        ttlMs,
        mode === 'shared',
      ])
      const owners = claims.map(({ owner }) => owner)
      const letters = await call('extend_many_v1', [['text', JSON.stringify(rows)]], by, owners)
      if (letters.length === claims.length) return letters
      throw toBackendError(new Error('extend_many_v1 gave another number of answers than of claims'), {
        client,
        schema,
        secrets: owners,
      })
    },
    reserve: async ({ name, owner, ttlMs, fences = 1 }, by) => {
      const args = [text(name), text(owner), bigint(ttlMs), bigint(fences)]
      return extensionOf(await call('reserve_v1', args, by, [owner]), ttlMs)
    },
    downgrade: async ({ name, owner, ttlMs }, by) =>
      extensionOf(await call('downgrade_v1', [text(name), text(owner), bigint(ttlMs)], by, [owner]), ttlMs),
    release: async ({ name, owner, keepMs = 0 }, by) => {
      const answer = await call('release_v1', [text(name), text(owner), bigint(keepMs)], by, [owner])
      return answer === 'r' ? 'released' : 'not-held'
    },
    evict: async (name, by) => (await call('evict_v1', [text(name)], by)) === 'e',
    inspect: async (name, by) => {
      const [row] = await look([text(name), text(undefined), bigint(1)], by)
      const seen = row && inspectionOf(row)
      return seen === undefined || seen.holders.length === 0 ? null : seen
    },
    page: async (after, by) => {
      const rows = await look([text(undefined), ['text', after], bigint(PAGE)], by)
      return { seen: rows.map(inspectionOf), last: rows.at(-1)?.[0] }
    },
  }
}

function outcomeOf(answer: string, ttlMs: number): AcquireOutcome {
  const [letter, first = '', second = ''] = answer.split(' ')
  if (letter === 'a') return { acquired: true, validMs: ttlMs, fence: numberOf(first) }
  return { acquired: false, retryAfterMs: numberOf(first), ahead: numberOf(second) }
}

function extensionOf(answer: string, ttlMs: number): ExtendOutcome {
  const [letter, fence = ''] = answer.split(' ')
  return letter === 'e' ? { status: 'extended', validMs: ttlMs, fence: numberOf(fence) } : { status: 'lost' }
}

const numberOf = (word: string): number | null => (word === '' ? null : Number(word))

function parseRows(answer: string): readonly LookRow[] {
  const rows: unknown = JSON.parse(answer)
  if (isRows(rows)) return rows
  throw new Error('look_v1 answered no rows')
}

const isRows = (value: unknown): value is readonly LookRow[] => Array.isArray(value)

/** As `look_v1` writes it. */
type LookRow = readonly [
  name: string,
  holders:
    readonly (readonly [owner: string, shared: boolean, remainingMs: number | null, fence: number | null])[] | null,
  line: readonly (readonly [owner: string, shared: boolean])[] | null,
]

function inspectionOf([name, holders, line]: LookRow): LineInspection {
  const waiters = (line ?? []).map(([owner, shared]): Waiter => ({ owner: fromStored(owner), mode: modeOf(shared) }))
  return {
    name: fromStored(name),
    mode: modeOf(holders?.some(([, shared]) => shared) ?? false),
    holders: (holders ?? []).map(([owner, , remainingMs, fence]): Holder => ({
      owner: fromStored(owner),
      remainingMs,
      fence,
    })),
    waiting: waiters.length,
    line: waiters,
  }
}

const modeOf = (shared: boolean): 'shared' | 'exclusive' => (shared ? 'shared' : 'exclusive')
