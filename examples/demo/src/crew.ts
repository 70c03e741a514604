import { type Child, startChild } from './child.js'
import type { AccountNews, StoppedProcess } from './account.js'
import type { Conditions } from './conditions.js'
import type { Entry, Inside, Turn, Worker } from './evidence.js'
import type { Job, News, Order } from './messages.js'

/** A worker process, and the content of its messages so far. */
export interface Member extends Worker {
  readonly process: Child<Order>
  readonly turns: Turn[]
  inside: Inside | undefined
  /** Whether the end of the process is planned. */
  mayEnd: boolean
}

/** The account's process, and the content of its messages so far. */
export interface AccountProcess {
  readonly process: Child<StoppedProcess>
  readonly entries: Entry[]
  readonly url: string
}

export async function startAccount({ until, changed, fail }: Conditions): Promise<AccountProcess> {
  const entries: Entry[] = []
  let url = ''
  const process = startChild<StoppedProcess, AccountNews>('./account.js', (news) => {
    if (news.type === 'listening') url = news.url
    else entries.push(news.entry)
    changed()
  })
  void process.ended.then((how) => fail(new Error(`the account's process ended early: ${how}`)))
  try {
    await until(() => url !== '', 'the account listens')
  } catch (error) {
    await process.end()
    throw error
  }
  return { process, entries, url }
}

/** The newest update of the counter, for the status line. */
export function lastNews({ entries }: AccountProcess): string {
  const written = entries.findLast((entry) => entry.kind === 'counter')
  return written === undefined
    ? 'the workers start'
    : `the counter says ${written.value}; worker ${written.worker} has just added one`
}

export function startMember(job: Job, { changed, fail }: Conditions): Member {
  const { worker, client } = job
  const member: Member = { id: worker, client, process: start(), turns: [], inside: undefined, mayEnd: false }

  function start(): Child<Order> {
    return startChild<Order, News>('./worker.js', (news) => {
      if (news.type === 'turn') member.turns.push(news.turn)
      if (news.type === 'dwelling') member.inside = news.inside
      if (news.type === 'failed') fail(new Error(`worker ${worker} failed: ${news.reason}`))
      changed()
    })
  }
  void member.process.ended.then((how) => {
    if (!member.mayEnd) fail(new Error(`worker ${worker} ended early: ${how}`))
    changed()
  })
  member.process.tell({ type: 'start', job })
  return member
}
