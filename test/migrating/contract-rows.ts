/** A row of the table of the systems that this library replaces, in the contract that it was built to. */
export interface ContractRow {
  /** The left cell of the row, word for word. */
  readonly theirs: string
  /** The rows of docs/migrating.md that cover the row, as `<system>: <first cell>`. */
  readonly rows: readonly string[]
}

export const contractRows: readonly ContractRow[] = [
  {
    theirs: 'rlock `TryLock`, `Lock(ctx, key, expiration, retry, timeout)`',
    rows: [
      'rlock: TryLock(ctx, key, expiration)',
      'rlock: Lock(ctx, key, expiration, retry, timeout)',
      'rlock: timeout, of each call to Redis',
    ],
  },
  {
    theirs: 'rlock `RetryStrategy.Next()`, `FixIntervalRetry{Interval, Max}`',
    rows: ['rlock: RetryStrategy.Next()', 'rlock: FixIntervalRetry{Interval, Max}'],
  },
  {
    theirs: 'rlock retry after timeout: check the value, count as mine',
    rows: ['rlock: retry after timeout: check the value, count as mine'],
  },
  {
    theirs: 'rlock `SingleflightLock`, and its sketch of handing the lock on locally',
    rows: [
      'rlock: SingleflightLock(ctx, key, expiration, retry, timeout)',
      'rlock: SingleflightLock, the lock handed over locally',
    ],
  },
  {
    theirs: 'rlock `AutoRefresh(interval, timeout)`, `Refresh`, `Unlock`, `ErrLockNotHold`, `ErrFailedToPreemptLock`',
    rows: [
      'rlock: AutoRefresh(interval, timeout)',
      'rlock: Refresh(ctx)',
      'rlock: Unlock(ctx)',
      'rlock: ErrLockNotHold',
      'rlock: ErrFailedToPreemptLock',
    ],
  },
  {
    theirs: 'rlock: interrupt the business when renewal fails',
    rows: ['rlock: interrupt the business when renewal fails'],
  },
  {
    theirs:
      'GoRedisLock reentrant `Lock`/`UnLock` counter, spin lock, `Renew`, auto-renew at ttl/2, key + token + timeout options',
    rows: [
      'go-redislock: Lock(ctx) again, by the same token',
      'go-redislock: UnLock(ctx) as often as Lock(ctx)',
      'go-redislock: SpinLock(ctx, timeout)',
      'go-redislock: Renew(ctx)',
      'go-redislock: WithAutoRenew()',
      'go-redislock: New(client, key, options...)',
      'go-redislock: WithToken(token)',
      'go-redislock: WithTimeout(timeout)',
    ],
  },
  {
    theirs: 'GoRedisLock fair lock, read/write lock (its current releases)',
    rows: [
      'go-redislock: FairLock(ctx, requestId), SpinFairLock(ctx, requestId, timeout)',
      'go-redislock: FairUnLock(ctx, requestId), FairRenew(ctx, requestId)',
      'go-redislock: RLock(ctx), SpinRLock(ctx, timeout)',
      'go-redislock: WLock(ctx), SpinWLock(ctx, timeout)',
      'go-redislock: RUnLock(ctx), RRenew(ctx), WUnLock(ctx), WRenew(ctx)',
    ],
  },
  {
    theirs:
      'distributedlock `NewRedisLock(client, name, value, ttl)`, `TryLock`, `Lock(ctx, wait)`, `Refresh`, `Unlock`, `ErrLockAcquireFailed`',
    rows: [
      'distributedlock: NewRedisLock(client, name, value, ttl)',
      'distributedlock: TryLock(ctx)',
      'distributedlock: Lock(ctx, wait)',
      'distributedlock: Refresh(ctx)',
      'distributedlock: Unlock(ctx)',
      'distributedlock: ErrLockAcquireFailed',
    ],
  },
]
