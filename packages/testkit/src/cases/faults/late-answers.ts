import type { LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import type { Disturbed } from '../../suite/disturbed.js'
import { expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { disturbed, mustHaveStruck, outcomeOf } from './disturb.js'

const { setTimeout } = globalThis
/** Longer than the limit that many clients have for an answer. */
const DELAY_MS = 5_500
/** How often another handle asks meanwhile: a case in which nothing is called and answered for long is ended. */
const ASK_MS = 250

/** A call whose answer is delayed, and how to see whether the store executed the call. */
interface Late {
  readonly noun: string
  /** Whether the owner holds the name before the call. */
  readonly held: boolean
  readonly make: (backend: LockBackend, mine: Claim) => Promise<unknown>
  readonly executed: (remainingMs: number) => boolean
}

type Claim = ReturnType<World['claim']>

const LATE: readonly Late[] = [
  {
    noun: 'claim',
    held: false,
    make: (backend, mine) => backend.acquire(mine),
    executed: (remainingMs) => remainingMs > 0,
  },
  {
    noun: 'release',
    held: true,
    make: (backend, { name, owner }) => backend.release({ name, owner }),
    executed: (remainingMs) => remainingMs === 0,
  },
  {
    noun: 'extension',
    held: true,
    make: (backend, mine) => backend.extend([{ ...mine, ttlMs: 3 * LONG_MS }]),
    executed: (remainingMs) => remainingMs > LONG_MS,
  },
]

/** A client may give up a call after some seconds. What it then says of the call has to be true. */
export const lateAnswers: readonly ConformanceCase[] = [
  {
    id: 'unknown/late-by-seconds',
    title: `a call that is answered after ${DELAY_MS} ms is not said to be refused, or not executed`,
    requires: ['delay'],
    run: async (world) => {
      await Promise.all(LATE.map((late) => disturbed(world, (handle) => answeredLate(world, handle, late))))
    },
  },
]

async function answeredLate(
  { a, b, claim, named }: World,
  handle: Disturbed,
  { noun, held, make, executed }: Late,
): Promise<void> {
  const mine = claim({ name: named(`/${noun}`) })
  const remaining = async (): Promise<number> => {
    const holder = (await b.inspect(mine.name))?.holders.find(({ owner }) => owner === mine.owner)
    return holder?.remainingMs ?? 0
  }
  if (held) await a.acquire(mine)
  const fault = handle.delay?.(DELAY_MS)
  let settled = false
  const outcome = outcomeOf(make(handle.backend, mine)).finally(() => (settled = true))
  while (!settled) {
    await remaining()
    await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, ASK_MS))])
  }
  mustHaveStruck(fault, 'delay', noun)
  const seen = await outcome
  const isExecuted = executed(await remaining())
  const promise = `the answer to a ${noun}, which the store ${isExecuted ? 'executed' : 'did not execute'}, took ${DELAY_MS} ms`
  if (seen.is === 'answer') expectThat(isExecuted && isGood(seen.answer), promise, seen.answer)
  if (seen.is === 'not-executed') expectThat(!isExecuted, `${promise}, which an error may not deny`, seen)
}

/** Whether an answer says that the call was executed. A release that is sent again may find that the first one worked. */
function isGood(answer: unknown): boolean {
  if (Array.isArray(answer)) return answer.every(({ status }) => status !== 'lost')
  return typeof answer === 'string' || (answer as { readonly acquired?: boolean }).acquired === true
}
