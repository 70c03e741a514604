import type { LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import type { Disturbed, Struck } from '../../suite/disturbed.js'
import { expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { disturbed, mustHaveStruck, outcomeOf, type CallOutcome } from './disturb.js'

export interface Fault {
  readonly need: 'loseReply' | 'cut' | 'delay'
  /** Part of the id. */
  readonly id: string
  /** Part of the title: what happens to the call. */
  readonly when: string
  readonly arm: (handle: Disturbed) => Struck | undefined
}

const DELAY_MS = 300

export const FAULTS: readonly Fault[] = [
  {
    need: 'loseReply',
    id: 'reply-lost',
    when: 'was executed and whose answer was lost',
    arm: (handle) => handle.loseReply?.(),
  },
  { need: 'cut', id: 'request-lost', when: 'never arrived', arm: (handle) => handle.cut?.() },
  { need: 'delay', id: 'late', when: 'is answered late', arm: (handle) => handle.delay?.(DELAY_MS) },
]

/**
 * An outcome that is unknown is reported as unknown. A client that sends a command again may learn the outcome: each
 * answer is compared with the state of the store.
 */
export const unknownOutcomes: readonly ConformanceCase[] = FAULTS.flatMap((fault) => [
  {
    id: `unknown/acquire-${fault.id}`,
    title: `a claim that ${fault.when} is answered by what the store did, or throws`,
    requires: [fault.need],
    run: (world) => disturbed(world, (handle) => acquires(world, handle, fault)),
  },
  {
    id: `unknown/release-${fault.id}`,
    title: `a release that ${fault.when} is answered by what the store did, or throws`,
    requires: [fault.need],
    run: (world) => disturbed(world, (handle) => releases(world, handle, fault)),
  },
  {
    id: `unknown/extend-${fault.id}`,
    title: `an extension that ${fault.when} is answered by what the store did, or throws`,
    requires: [fault.need],
    run: (world) => disturbed(world, (handle) => extensions(world, handle, fault)),
  },
])

async function strike<T>(
  handle: Disturbed,
  { arm, need }: Fault,
  { verb, call }: { readonly verb: string; readonly call: () => Promise<T> },
): Promise<CallOutcome<T>> {
  const fault = arm(handle)
  const outcome = await outcomeOf(call())
  mustHaveStruck(fault, need, verb)
  return outcome
}

async function acquires({ b, claim, name }: World, handle: Disturbed, fault: Fault): Promise<void> {
  const mine = claim()
  const seen = await strike(handle, fault, { verb: 'claim', call: () => handle.backend.acquire(mine) })
  const holds = await isHolder(b, name, mine.owner)
  const promise = `a free name was claimed, by a call that ${fault.when}; the owner ${holds ? 'holds' : 'does not hold'} it`
  if (seen.is === 'answer') expectThat(seen.answer.acquired && holds, promise, seen.answer)
  if (seen.is === 'not-executed') expectThat(!holds, `${promise}, which an error may not deny`, seen)
  const again = await b.acquire(mine)
  expectThat(again.acquired, 'the same owner, who asks again after an unknown outcome, is granted the name', again)
}

async function releases({ a, b, claim, name }: World, handle: Disturbed, fault: Fault): Promise<void> {
  const mine = claim()
  await a.acquire(mine)
  const seen = await strike(handle, fault, {
    verb: 'release',
    call: () => handle.backend.release({ name, owner: mine.owner }),
  })
  const holds = await isHolder(b, name, mine.owner)
  const promise = `an owner released a name, by a call that ${fault.when}, and ${holds ? 'holds it on' : 'holds it no longer'}`
  // A client that sends a release again may find that the first release worked: 'not-held' is true then.
  if (seen.is === 'answer') expectThat(!holds, promise, seen.answer)
  if (seen.is === 'not-executed') expectThat(holds, `${promise}, which an error may not deny`, seen)
}

async function extensions({ a, b, claim, name }: World, handle: Disturbed, fault: Fault): Promise<void> {
  const mine = claim()
  await a.acquire(mine)
  const seen = await strike(handle, fault, {
    verb: 'extension',
    call: () => handle.backend.extend([{ ...mine, ttlMs: 3 * LONG_MS }]),
  })
  const remainingMs = (await b.inspect(name))?.holders.find(({ owner }) => owner === mine.owner)?.remainingMs ?? 0
  const extended = remainingMs > LONG_MS
  const promise = `a holder extended its lease, by a call that ${fault.when}, and has ${remainingMs} ms of ${3 * LONG_MS}`
  const [outcome] = seen.is === 'answer' ? seen.answer : []
  if (outcome?.status === 'extended') expectThat(extended, promise, outcome)
  if (outcome?.status === 'lost') expectThat(false, promise, outcome)
  if (seen.is === 'not-executed') expectThat(!extended, `${promise}, which an error may not deny`, seen)
}

export async function isHolder(backend: LockBackend, name: string, owner: string): Promise<boolean> {
  return (await backend.inspect(name))?.holders.some((holder) => holder.owner === owner) ?? false
}
