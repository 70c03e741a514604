import { setTimeout as sleep } from 'node:timers/promises'
import type { LockBackend } from '@holdfast/core'
import type { Conditions } from './conditions.js'
import { lastNews, startAccount } from './crew.js'
import type { Evidence, Turn } from './evidence.js'
import { now } from './monotonic.js'
import { openAccount } from './open-account.js'
import type { Progress } from './progress.js'
import { takePost } from './section.js'

const TTL_MS = 1_200
const WORKERS = 6
const TURNS = 150
const GAP_MS = 10

/** Six tasks of this process, each with a locker of its own over one store, and the account as a process. */
export async function runTasks(
  store: { readonly description: string; readonly newBackend: () => LockBackend },
  progress: Progress,
  conditions: Conditions,
): Promise<Evidence> {
  const startedAt = now()
  const accountProcess = await startAccount(conditions)
  const account = openAccount(accountProcess.url)
  const turns: Turn[] = []
  let ended = 0
  let finishing = false

  const work = async (worker: number): Promise<void> => {
    const gap = (): Promise<void> => sleep(GAP_MS)
    const post = takePost({ worker, backend: store.newBackend(), lockName: 'demo', ttlMs: TTL_MS, account, gap })
    try {
      while (!finishing) {
        turns.push(await post.takeTurn())
        conditions.changed()
      }
    } finally {
      await post.leave()
    }
    ended++
    conditions.changed()
  }

  const workers = Array.from({ length: WORKERS }, (_, index) => ({ id: index + 1, client: 'memory' as const }))
  try {
    progress.event(`${WORKERS} tasks of one process take one lock again and again, each through a locker of its own`)
    progress.status(() => lastNews(accountProcess))
    for (const { id } of workers) void work(id).catch((error: Error) => conditions.fail(error))
    await conditions.until(() => turns.length >= TURNS, `${TURNS} turns`)
    progress.event('enough: every task finishes its turn')
    finishing = true
    await conditions.until(() => ended === WORKERS, 'all tasks have ended')
    const statement = await account.statement()
    return {
      store: store.description,
      ttlMs: TTL_MS,
      startedAt,
      endedAt: now(),
      workers,
      turns,
      statement,
    }
  } finally {
    finishing = true
    await accountProcess.process.end()
  }
}
