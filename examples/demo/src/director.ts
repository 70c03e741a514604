import { randomUUID } from 'node:crypto'
import { createLocker, type Locker } from '@holdfast/core'
import { connectBy } from './clients.js'
import type { Conditions } from './conditions.js'
import { type AccountProcess, lastNews, type Member, startAccount, startMember } from './crew.js'
import type { Evidence, Inside, Kill, Pause } from './evidence.js'
import { now } from './monotonic.js'
import { openAccount } from './open-account.js'
import type { Progress } from './progress.js'
import type { Ways } from './ways.js'
import { ms } from './words.js'

const TTL_MS = 1_200
const WORKERS = 6
const TO_KILL = 3
const TO_PAUSE = 4
const WARM_UP_TURNS = 5
/** The turns that the other workers take while one worker is stopped. */
const TURNS_MEANWHILE = 8
/** A hold of this length, in ttls: a lease is renewed at a third of its ttl, so it was renewed several times. */
const LONG = 1.2
const TURNS = 180
/** The time after which the run ends with fewer turns, on a slow machine. */
const ENOUGH_MS = 9_000

interface Stage extends Conditions {
  readonly members: readonly Member[]
  readonly account: AccountProcess
  readonly locks: Locker
  readonly lockName: string
  readonly progress: Progress
  readonly startedAt: number
}

/** Runs six processes on one store; one is killed and one is stopped while it holds the lock. */
export async function runProcesses(
  store: { readonly description: string; readonly openWays: () => Promise<Ways> },
  progress: Progress,
  conditions: Conditions,
): Promise<Evidence> {
  const lockName = `demo:${randomUUID()}`
  const startedAt = now()
  const account = await startAccount(conditions)
  const members: Member[] = []
  const { ways, close: closeWays, readLedger } = await store.openWays()
  const connection = await connectBy[ways[0].client](ways[0].url)
  const locks = createLocker({ backend: connection.backend })
  try {
    for (let worker = 1; worker <= WORKERS; worker++) {
      const { client, url: storeUrl } = ways[(worker - 1) % ways.length] ?? ways[0]
      const job = { worker, client, storeUrl, accountUrl: account.url, lockName, ttlMs: TTL_MS } as const
      members.push(startMember(job, conditions))
    }
    const names = ways.map(({ client }) => client).join(', ')
    progress.event(`${WORKERS} processes take one lock again and again, in turn through ${names}`)
    progress.status(() => lastNews(account))
    const faults = await direct({ ...conditions, members, account, locks, lockName, progress, startedAt })
    return {
      store: store.description,
      ttlMs: TTL_MS,
      startedAt,
      endedAt: now(),
      workers: members.map(({ id, client }) => ({ id, client })),
      turns: members.flatMap(({ turns }) => turns),
      statement: await openAccount(account.url).statement(),
      ...(readLedger && { ledger: await readLedger() }),
      faults,
    }
  } finally {
    for (const member of members) member.mayEnd = true
    await Promise.all([...members, account].map((each) => each.process.end()))
    await locks.close()
    await connection.close()
    await closeWays()
  }
}

async function direct(stage: Stage): Promise<{ kill: Kill; pause: Pause }> {
  const { until, members, startedAt } = stage
  const everyoneTook = (count: number) => (): boolean =>
    members.every(({ turns, process }) => turns.length >= count || !process.alive())

  await until(everyoneTook(WARM_UP_TURNS), 'every worker has had its first turns')
  stage.progress.event(`every worker has had ${WARM_UP_TURNS} turns`)
  const kill = await killOne(stage, memberOf(stage, TO_KILL))
  await until(everyoneTook(WARM_UP_TURNS * 2), 'every other worker has had more turns')
  const pause = await pauseOne(stage, memberOf(stage, TO_PAUSE))
  await until(everyoneTook(WARM_UP_TURNS * 3), 'every worker has had more turns, the resumed one too')
  const enough = (): boolean => members.flatMap(({ turns }) => turns).length >= TURNS || now() - startedAt > ENOUGH_MS
  await until(enough, `${TURNS} turns`)
  await finish(stage)
  return { kill, pause }
}

async function killOne(stage: Stage, member: Member): Promise<Kill> {
  const { progress, until, members } = stage
  const { fence, grantedAt: since } = await dwelling(stage, member)
  progress.event(`worker ${member.id} stays in its section for longer than the ttl of ${ms(TTL_MS)}`)
  await until(() => now() - since > TTL_MS * LONG, `worker ${member.id} has held the lock for longer than a ttl`)
  const inside = await confirmed(stage, member, fence)
  const at = now()
  member.mayEnd = true
  member.process.signal('SIGKILL')
  progress.event(
    `worker ${member.id} still holds the lock after ${ms(at - since)}, for it is renewed: killed (SIGKILL)`,
  )
  await until(() => !member.process.alive(), `worker ${member.id} is gone`)
  const next = (): Member | undefined => members.find(({ turns }) => turns.some(({ grantedAt }) => grantedAt > at))
  await until(() => next() !== undefined, 'another worker takes over from the killed one')
  progress.event(`worker ${next()?.id} took over, when the lease of the dead one had run out`)
  return { ...inside, worker: member.id, at }
}

async function pauseOne(stage: Stage, member: Member): Promise<Pause> {
  const { progress, until, account, changed } = stage
  const inside = await dwelling(stage, member)
  account.process.tell({ stopped: member.process.pid })
  const stoppedAt = now()
  member.process.signal('SIGSTOP')
  progress.event(`worker ${member.id} holds the lock, in the middle of its section: stopped (SIGSTOP)`)
  const newer = (): number =>
    account.entries.filter(({ kind, fence }) => kind === 'register' && fence > inside.fence).length
  const pastTtl = setTimeout(changed, TTL_MS + 1)
  await until(
    () => newer() >= TURNS_MEANWHILE && now() - stoppedAt > TTL_MS,
    'others write while one is stopped beyond its ttl',
  )
  clearTimeout(pastTtl)
  const turnsBefore = member.turns.length
  const resumedAt = now()
  member.process.signal('SIGCONT')
  account.process.tell({ stopped: null })
  member.process.tell({ type: 'proceed' })
  progress.event(`worker ${member.id} goes on (SIGCONT) where it was, and does not know that others had the lock`)
  await until(() => member.turns.length > turnsBefore, `worker ${member.id} reports what became of its turn`)
  return { ...inside, worker: member.id, stoppedAt, resumedAt }
}

/** Resolves when the worker is between its read and its writes, and the store agrees that it holds the lock. */
async function dwelling(stage: Stage, member: Member): Promise<Inside> {
  member.process.tell({ type: 'dwell' })
  await stage.until(() => member.inside !== undefined, `worker ${member.id} is in its section`)
  return confirmed(stage, member, member.inside?.fence)
}

/** The worker's report of its hold. Throws when the store does not agree. */
async function confirmed({ locks, lockName }: Stage, member: Member, fence: number | undefined): Promise<Inside> {
  const holder = (await locks.inspect(lockName))?.holders[0]
  const { inside } = member
  if (inside === undefined || holder?.label !== `worker ${member.id}` || holder.fence !== fence) {
    throw new Error(`worker ${member.id} says that it holds the lock, but the store does not`)
  }
  return inside
}

async function finish({ members, until, progress }: Stage): Promise<void> {
  progress.event('enough: every worker finishes its turn and ends by itself')
  for (const member of members) {
    member.mayEnd = true
    member.process.tell({ type: 'finish' })
  }
  await until(() => members.every(({ process }) => !process.alive()), 'all workers have ended by themselves')
}

function memberOf({ members }: Stage, id: number): Member {
  const member = members.find((each) => each.id === id)
  if (member === undefined) throw new Error(`there is no worker ${id}`)
  return member
}
