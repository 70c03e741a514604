import { type Lease, LockError } from '@holdfast/core'
import { forbidHandOver } from '@holdfast/core/backend'
import { checkClient, kindOf, memberOf, type PostgresClient, runOf } from './client.js'
import { toBackendError } from './failure.js'
import { schemaOf, type SchemaOptions } from './schema.js'
import { toStored } from './text.js'

/**
 * Makes a transaction of yours depend on a lease. When this resolves, nobody else is granted the name before the
 * transaction has ended, even if the lease ends meanwhile: what the transaction commits was written by the holder.
 * Works with every isolation level. Renewal of the lease goes on meanwhile, except with PGlite, whose one session is
 * that of the transaction. The owner itself is not bound: others come in when it makes its lease a shared one, or gives
 * a ticket away, before the transaction has ended.
 *
 * Call it first in the transaction, or at least before what must not be written without the lock: with REPEATABLE READ
 * and SERIALIZABLE, the end of the lease is that of the snapshot of the transaction. Set
 * `idle_in_transaction_session_timeout`, so that a process that stops within a transaction does not keep the name.
 *
 * Call it in the outermost transaction, or again after each `ROLLBACK TO SAVEPOINT`: that drops the row lock of a call
 * after the savepoint, and the name may pass on while the transaction is open. The nested transactions of an ORM are
 * savepoints, as is `tx.savepoint()` of postgres.
 *
 * With postgres, give each such transaction a client of its own: the callback of an earlier transaction whose connection
 * ended can roll this one back unnoticed (https://github.com/porsager/postgres/issues/1216).
 *
 * @param tx the client of the transaction: a `Client` of pg after `BEGIN`, or what `sql.begin()` of postgres or
 * `transaction()` of PGlite hands to its callback
 * @param lease a lease over the same schema of the same database
 * @throws `LOCK_LOST` when the lease is not held any more, or is one of another store: roll the transaction back
 * @throws `LOCK_UNSUPPORTED` when the lease has no fence, for it is then none of PostgreSQL
 * @throws `BackendError` when PostgreSQL refuses; after a conflict of SERIALIZABLE, `cause.code` is `'40001'`
 * @throws `TypeError` when `tx` is not within a transaction, which would guard nothing, and for any other argument
 * of the wrong kind
 */
export async function assertHeld(tx: PostgresClient, lease: Lease, options: SchemaOptions = {}): Promise<void> {
  checkClient(tx, 'assertHeld needs')
  checkLease(lease)
  const schema = schemaOf(options, 'assertHeld')
  lease.assertHeld()
  // Before anything is sent: a waiter of this process to whom the lease passed would not meet the lock of its row.
  forbidHandOver(lease)
  // Each hold of a lease on several names has an owner of its own, which the lease does not show.
  const owner = lease.names.length === 1 ? lease.owner : null
  for (const [name, fence] of lease.fences) {
    if (fence === null) throw new LockError('LOCK_UNSUPPORTED', `the lease on ${JSON.stringify(name)} has no fence`)
    if (!(await lockRow(tx, schema, { name, owner, fence }))) throw lostError(name, schema, lease.held)
  }
}

function checkLease(lease: unknown): asserts lease is Lease {
  if (Array.isArray(memberOf(lease, 'names')) && typeof memberOf(lease, 'assertHeld') === 'function') return
  throw new TypeError(`assertHeld needs a lease, got ${kindOf(lease)}`)
}

interface Row {
  readonly name: string
  readonly owner: string | null
  readonly fence: number
}

/** Locks the row of the lease. Answers `false` when there is none that has not ended. */
async function lockRow(tx: PostgresClient, schema: string, { name, owner, fence }: Row): Promise<boolean> {
  const run = runOf(tx)
  const secrets = owner === null ? [] : [owner]
  const ask = async (text: string, values: (string | null)[]): Promise<string | null> => {
    try {
      return await run(text, values)
    } catch (error) {
      throw toBackendError(error, { client: tx, schema, secrets })
    }
  }
  const values = [toStored(name), owner === null ? null : toStored(owner), String(fence)]
  const transaction = await ask(`SELECT "${schema}".guard_v1($1::text, $2::text, $3::text::bigint) AS answer`, values)
  if (transaction === null) return false
  const same = await ask('SELECT (txid_current_if_assigned()::text = $1::text)::text AS answer', [transaction])
  if (same !== 'true')
    throw new TypeError('assertHeld needs the client of a transaction: after BEGIN, on one connection')
  return true
}

/** A lease does not show its store: one of another store looks like one that has ended in this database. */
function lostError(name: string, schema: string, heldElsewhere: boolean): LockError {
  const elsewhere = `, or is one of another store, database or schema than ${JSON.stringify(schema)} of this transaction`
  const message = `the lease on ${JSON.stringify(name)} is not held any more${heldElsewhere ? elsewhere : ''}`
  return new LockError('LOCK_LOST', message)
}
