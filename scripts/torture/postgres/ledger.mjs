// A counter for each name, written by transactions that depend on a lease, and an entry for each of these writes.
import { assertHeld } from '@holdfast/adapter-postgres'
import { isLockError } from '@holdfast/core'
import { forbidHandOver } from '@holdfast/core/backend'
import { isFromOutside } from './outside.mjs'

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

const SET_COUNTER = `
INSERT INTO counter VALUES ($1::text, $2::text::bigint) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
const ADD_ENTRY = 'INSERT INTO entry (name, value, fence) VALUES ($1::text, $2::text::bigint, $3::text::bigint)'
const ISOLATIONS = ['READ COMMITTED', 'REPEATABLE READ']
/** The pause between looking at a lease and its transaction, and between the read and the write in it. */
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
  let written = false
  /** @type {import('./clients.mjs').Work} */
  const work = async (tx, run) => {
    await guard(tx, notLookedAt(lease))
    const [row] = await run('SELECT value FROM counter WHERE name = $1::text', [name])
    await slow()
    const values = [name, String(Number(row?.value ?? 0) + 1)]
    await run(SET_COUNTER, values)
    await run(ADD_ENTRY, [...values, fence])
    written = true
  }
  // As assertHeld() does when it has looked at the lease, which its caller has just done: from then on the process is slow.
  forbidHandOver(lease)
  await slow()
  try {
    await transaction(isolation, work)
    return 'done'
  } catch (error) {
    if (isLockError(error, 'LOCK_LOST')) return 'lost'
    // The end of a connection: before COMMIT was sent the server rolls back; after it, it may have committed.
    if (isFromOutside(error)) return written ? 'unknown' : 'failed'
    throw error
  }
}

/**
 * The lease of a holder that was paused right after it had looked at it: the store alone decides.
 * @param {Lease} lease @returns {Lease}
 */
function notLookedAt({ name, names, owner, fence, fences }) {
  return /** @type {Lease} */ ({ name, names, owner, fence, fences, assertHeld: () => {} })
}
