// A counter for each name, written by transactions that depend on a lease, and an entry for each of these writes.
import { assertHeld } from '@holdfast/adapter-postgres'
import { isLockError } from '@holdfast/core'
import { isConflict, isFromOutside } from './outside.mjs'

/**
 * @typedef {import('@holdfast/core').Lease} Lease
 * @typedef {import('@holdfast/testkit/torture').GuardedWrite} GuardedWrite
 * @typedef {import('@holdfast/testkit/torture').GuardedOutcome} GuardedOutcome
 */

const TABLES = `
CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL);
CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY, name text NOT NULL, value bigint NOT NULL, fence bigint NOT NULL)`

/** @param {import('pg').Pool} pool */
export const makeLedger = (pool) => pool.query(TABLES)

/** A transaction that sees one snapshot is run again after a conflict, as PostgreSQL asks of every program. */
const ATTEMPTS = 3
const ISOLATIONS = ['READ COMMITTED', 'REPEATABLE READ']
/** Between looking at a lease and its transaction, and between the read and the write in it. */
const SHORT_MS = 15

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Adds one to the counter of a name, as a careless program does: it reads, is slow, and writes. Nothing but the guard
 * keeps two of them apart.
 * @param {import('./clients.mjs').Transaction} transaction
 * @param {GuardedWrite} write
 * @param {typeof assertHeld} [guard]
 * @returns {Promise<GuardedOutcome>}
 */
export async function guardedWrite(transaction, { lease, name, ttlMs, random }, guard = assertHeld) {
  const slow = () => pause(random(8) === 0 ? random(2 * ttlMs) : random(SHORT_MS))
  const isolation = ISOLATIONS[random(ISOLATIONS.length)] ?? ''
  const fence = String(lease.fences.get(name))
  let guarded = false
  let written = false
  /** @type {(left: number) => Promise<GuardedOutcome>} */
  const attempt = async (left) => {
    guarded = written = false
    try {
      await transaction(isolation, work)
      return 'done'
    } catch (error) {
      if (isLockError(error, 'LOCK_LOST')) return 'lost'
      // The end of a connection: before COMMIT was sent the server rolls back; after it, it may have committed.
      if (isFromOutside(error)) return written ? 'unknown' : 'failed'
      // The lease was renewed, or ended, while the transaction took its snapshot.
      if (!guarded && left > 0 && isConflict(error)) return attempt(left - 1)
      throw error
    }
  }
  /** @type {import('./clients.mjs').Work} */
  const work = async (tx, run) => {
    await guard(tx, notLookedAt(lease))
    guarded = true
    const [row] = await run('SELECT value FROM counter WHERE name = $1::text', [name])
    await slow()
    const values = [name, String(Number(row?.value ?? 0) + 1)]
    await run(
      `INSERT INTO counter VALUES ($1::text, $2::text::bigint) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      values,
    )
    await run('INSERT INTO entry (name, value, fence) VALUES ($1::text, $2::text::bigint, $3::text::bigint)', [
      ...values,
      fence,
    ])
    written = true
  }
  await slow()
  return attempt(ATTEMPTS)
}

/**
 * The lease of a holder that was paused right after it had looked at it: the store alone decides.
 * @param {Lease} lease @returns {Lease}
 */
function notLookedAt({ name, names, owner, fence, fences }) {
  return /** @type {Lease} */ ({ name, names, owner, fence, fences, assertHeld: () => {} })
}
