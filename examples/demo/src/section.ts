import { createLocker, fixed, isLockError, type Lease, type LockBackend, type Locker } from '@holdfast/core'
import type { Inside, Turn } from './evidence.js'
import { now } from './monotonic.js'
import type { Connection } from './clients.js'
import type { Account } from './open-account.js'

const POLL_MS = 15

export interface Post {
  readonly worker: number
  readonly backend: LockBackend
  readonly lockName: string
  readonly ttlMs: number
  readonly account: Account
  readonly writeLedger?: Connection['writeLedger']
  /** The time between the read and the writes. */
  readonly gap: (look: () => Inside) => Promise<void>
}

/** Makes a worker: a locker, and turns to take. */
export function takePost(post: Post): { readonly takeTurn: () => Promise<Turn>; readonly leave: () => Promise<void> } {
  let contended = false
  const locks = createLocker({
    backend: post.backend,
    ttlMs: post.ttlMs,
    label: `worker ${post.worker}`,
    requires: { fencing: true },
    // Over HTTP no waiter is notified of its turn; here, where requests cost nothing, asking often keeps the line
    // moving.
    ...(!post.backend.capabilities.watch && { retry: { backoff: fixed(POLL_MS) } }),
    observer: { contended: () => (contended = true) },
  })
  const takeTurn = async (): Promise<Turn> => {
    contended = false
    const done = await increment(locks, post)
    return { ...done, contended }
  }
  return { takeTurn, leave: () => locks.close() }
}

/** Reads the counter, waits, and writes it back plus 1: the section for one worker at a time. */
async function increment(locks: Locker, post: Post): Promise<Omit<Turn, 'contended'>> {
  const { worker, account, gap, lockName, ttlMs } = post
  const turn = { worker, fence: 0, askedAt: now(), grantedAt: 0, endedAt: 0, outcome: 'lost' as Turn['outcome'] }
  const more: { newest?: number; lostAt?: number; ledger?: 'committed' | 'refused' } = {}

  const section = async (lease: Lease): Promise<void> => {
    turn.grantedAt = now()
    turn.fence = lease.fence ?? 0
    lease.signal.addEventListener('abort', () => (more.lostAt = now()))

    const value = await account.read()
    await gap(() => ({ fence: turn.fence, grantedAt: turn.grantedAt, heldUntil: now() + lease.remainingMs }))

    // A transaction that depends on the lease needs no fence.
    const ledger = await post.writeLedger?.(lease, worker)
    if (ledger !== undefined) more.ledger = ledger

    // A worker that was stopped here goes on without knowing it, and only the fence stops its write.
    const { accepted, newest } = await account.writeFenced(worker, turn.fence)
    if (!accepted) {
      turn.outcome = 'refused'
      more.newest = newest
      // A refused fence means that the lease was lost; were the lease held, the lock would be broken (verdict.ts).
      return lease.assertHeld()
    }

    // The counter takes no fence. Its only protection is enough time left on the lease for the write to arrive.
    lease.assertHeld(ttlMs / 3)
    await account.write(worker, turn.fence, value + 1)
    turn.outcome = 'wrote'
  }

  try {
    await locks.request(lockName, (lease) => section(lease).finally(() => (turn.endedAt = now())))
  } catch (error) {
    // A lost lease ends the turn; the next turn starts afresh.
    if (!isLockError(error, 'LOCK_LOST')) throw error
  }
  return { ...turn, ...more }
}
