import { hostname } from 'node:os'
import { createLocker, type Lease, type Locker } from '@holdfast/core'
import { bounded, unlessAborted } from '../bounded.js'
import { EXIT, exitCodeOf } from '../exit-codes.js'
import { Failure, messageOf } from '../failure.js'
import type { StoreChoice } from '../store/choose.js'
import { openStore, type Store } from '../store/open.js'
import { type Child, endChild, startChild } from './child.js'
import { catchSignals, type Signals } from './signals.js'
import { type Watched, watchClaims } from './silence.js'

/** For leaving the line, which takes a store that answers milliseconds. A place that is not left ends after 3 s. */
const LEAVE_MS = 2_000

export interface RunOptions {
  readonly name: string
  /** The command and its arguments. */
  readonly command: readonly string[]
  readonly store: StoreChoice
  /** How long to wait for the name; 0 makes one attempt. */
  readonly waitMs: number
  /** Present for a shared lock: how many may hold the name at one time. */
  readonly limit: number | undefined
  readonly ttlMs: number
  readonly label: string | undefined
  /** How long the command may take to end by itself when the lock is lost. */
  readonly graceMs: number
  /** How long the store may give no answer: at the start, while waiting, and at the release. */
  readonly storeTimeoutMs: number
}

/**
 * Runs the command while the name is held. Answers the exit code.
 * @throws Failure, `LockError`, and `TypeError` or `RangeError` for a bad name or label.
 */
export async function run(options: RunOptions): Promise<number> {
  using signals = catchSignals()
  try {
    return await withStore(options, signals.stop, (store) => runLocked(store, options, signals))
  } catch (error) {
    if (signals.stop.aborted && error === signals.stop.reason) return exitCodeOf(error as NodeJS.Signals)
    throw error
  }
}

/** Opens the store for a use of it, and closes it, however that ends. */
async function withStore<T>(options: RunOptions, stop: AbortSignal, use: (store: Store) => Promise<T>): Promise<T> {
  const opening = openStore(options.store, options.storeTimeoutMs)
  try {
    return await use(await unlessAborted(opening, stop))
  } finally {
    // A signal may have come before the store was open.
    void opening.then(
      (store) => store.close(),
      () => {},
    )
  }
}

async function runLocked(store: Store, options: RunOptions, signals: Signals): Promise<number> {
  const watched = watchClaims(store.backend)
  const locks = createLocker({
    backend: watched.backend,
    ttlMs: options.ttlMs,
    label: options.label ?? `${hostname()}:${process.pid}`,
    // A release takes two calls at most, which together are bounded like a wait.
    attemptTimeoutMs: Math.ceil(options.storeTimeoutMs / 2),
  })
  let lease: Lease | undefined
  try {
    lease = await acquire(options, { locks, watched, signals })
    return await runHolding(lease, options, signals)
  } finally {
    const closing = locks.close()
    await (lease === undefined ? bounded(closing, LEAVE_MS).catch(() => {}) : closing)
  }
}

interface Parts {
  readonly locks: Locker
  readonly watched: Watched
  readonly signals: Signals
}

async function acquire(options: RunOptions, { locks, watched, signals }: Parts): Promise<Lease> {
  const { name, waitMs, limit, storeTimeoutMs } = options
  const over = new AbortController()
  const ended = new AbortController()
  const stop = AbortSignal.any([signals.stop, over.signal])
  watched.silence(storeTimeoutMs, ended.signal).catch((error: unknown) => over.abort(error))
  try {
    return await locks.acquire(name, {
      waitMs,
      signal: stop,
      ...(limit !== undefined && { mode: 'shared', limit }),
    })
  } finally {
    ended.abort()
  }
}

async function runHolding(lease: Lease, options: RunOptions, signals: Signals): Promise<number> {
  try {
    signals.stop.throwIfAborted()
    const child = await startChild(options.command, environmentOf(lease))
    signals.passTo(child.send)
    const exitCode = await endedOrLost(child, lease, options.graceMs)
    // Asked of the clocks: this process may have been stopped while the command went on.
    if (!lease.held) throw new Failure(EXIT.lost, lossOf(lease))
    return exitCode
  } finally {
    await release(lease, options.ttlMs)
  }
}

async function release(lease: Lease, ttlMs: number): Promise<void> {
  if ((await lease.release()) !== 'unknown') return
  const text = `whether ${JSON.stringify(lease.name)} was released is unknown: it is free within ${ttlMs / 1_000} s`
  process.stderr.write(`holdfast: ${text}\n`)
}

/** The environment of the command. The owner token of the lease is a secret and not in it. */
function environmentOf({ name, fence }: Lease): NodeJS.ProcessEnv {
  const { HOLDFAST_FENCE: _, ...env } = process.env
  return { ...env, HOLDFAST_NAME: name, ...(fence !== null && { HOLDFAST_FENCE: `${fence}` }) }
}

async function endedOrLost(child: Child, { signal }: Lease, graceMs: number): Promise<number> {
  const onLoss = (): void => void endChild(child, graceMs)
  if (signal.aborted) onLoss()
  else signal.addEventListener('abort', onLoss)
  const exitCode = await child.ended
  signal.removeEventListener('abort', onLoss)
  return exitCode
}

function lossOf({ signal, name }: Lease): string {
  const why = signal.aborted ? `: ${messageOf(signal.reason)}` : ''
  return `the lock ${JSON.stringify(name)} was lost while the command ran${why}`
}
