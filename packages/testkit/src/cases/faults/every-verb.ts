import type { LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import type { Disturbed, Struck } from '../../suite/disturbed.js'
import { expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { disturbed, mustHaveStruck, outcomeOf, type CallOutcome } from './disturb.js'
import { FAULTS, isHolder, type Fault } from './unknown-outcomes.js'

const reading = { mode: 'shared', limit: Infinity } as const

/** Makes a call that is disturbed, and looks what the store did. */
type Scene = (
  world: World,
  name: string,
  ask: <T>(call: (backend: LockBackend) => Promise<T>) => Ask<T>,
) => Promise<Seen>
type Ask<T> = Promise<CallOutcome<T>>

interface Seen {
  readonly outcome: CallOutcome<unknown>
  /** Whether the store did what the call asked for. */
  readonly done: boolean
  /** The answers of a call that was executed. */
  readonly right: (answer: never) => boolean
}

const seen = <T>(outcome: CallOutcome<T>, done: boolean, right: (answer: T) => boolean): Seen => ({
  outcome,
  done,
  right,
})

const scenes: Readonly<Record<string, Scene>> = {
  'a claim that steals': async (world, name, ask) => {
    const mine = world.claim({ name, steal: true })
    await world.a.acquire(world.claim({ name }))
    const outcome = await ask((backend) => backend.acquire(mine))
    return seen(outcome, await isHolder(world.b, name, mine.owner), ({ acquired }) => acquired)
  },
  'an eviction': async (world, name, ask) => {
    const held = world.claim({ name })
    await world.a.acquire(held)
    const outcome = await ask((backend) => backend.evict(name))
    // A client that sends it again may find that the first one worked.
    return seen(outcome, !(await isHolder(world.b, name, held.owner)), () => true)
  },
  'a release that keeps the name': async (world, name, ask) => {
    const mine = world.claim({ name })
    await world.a.acquire(mine)
    const keepMs = 3 * LONG_MS
    const outcome = await ask((backend) => backend.release({ name, owner: mine.owner, keepMs }))
    const left = (await world.b.inspect(name))?.holders[0]?.remainingMs ?? 0
    return seen(outcome, left > 2 * LONG_MS, (answer) => answer === 'released')
  },
  'a shared claim': async (world, name, ask) => {
    const terms = world.a.capabilities.shared ? reading : {}
    const mine = world.claim({ ...terms, name })
    const outcome = await ask((backend) => backend.acquire(mine))
    return seen(outcome, await isHolder(world.b, name, mine.owner), ({ acquired }) => acquired)
  },
  'an extension that makes a lease shared': async (world, name, ask) => {
    const mine = world.claim({ name, ttlMs: 3 * LONG_MS })
    await world.a.acquire({ ...mine, ttlMs: LONG_MS })
    const terms = world.a.capabilities.shared ? reading : {}
    const outcome = await ask((backend) => backend.extend([{ ...mine, ...terms }]))
    const left = (await world.b.inspect(name))?.holders[0]?.remainingMs ?? 0
    return seen(outcome, left > 2 * LONG_MS, ([answer]) => answer?.status === 'extended')
  },
}

/** Calls whose state is the same whether they are executed or not: only a wrong answer shows. */
const looks: Readonly<Record<string, (world: World, name: string, ask: Parameters<Scene>[2]) => Promise<boolean>>> = {
  'an inspection of a held name': async (world, name, ask) => {
    const held = world.claim({ name })
    await world.a.acquire(held)
    const outcome = await ask((backend) => backend.inspect(name))
    return outcome.is !== 'answer' || outcome.answer?.holders[0]?.owner === held.owner
  },
  'a claim of a waiter that was granted the name': async (world, name, ask) => {
    const { a, claim } = world
    const [first, waiter] = [claim({ name }), claim({ name, lineMs: LONG_MS })]
    await a.acquire(first)
    await a.acquire(waiter)
    await a.release({ name, owner: first.owner })
    const outcome = await ask((backend) => backend.acquire(waiter))
    return outcome.is !== 'answer' || outcome.answer.acquired
  },
}

/** Each verb in each of its kinds, under each fault. */
export const everyVerb: readonly ConformanceCase[] = FAULTS.map((fault) => ({
  id: `unknown/every-verb-${fault.id}`,
  title: `any call that ${fault.when} is answered by what the store did, or throws`,
  requires: [fault.need],
  run: async (world) => {
    const struck: (Struck | undefined)[] = []
    const armed: Fault = {
      ...fault,
      arm: (handle) => {
        const each = fault.arm(handle)
        struck.push(each)
        return each
      },
    }
    const asked = Object.entries(scenes).map(([verb, scene]) => plays(world, armed, verb, scene))
    const looked = Object.entries(looks).map(([verb, look]) =>
      asks(world, armed, verb, async (name, ask) => {
        expectThat(await look(world, name, ask), `the true answer to ${verb}, which ${fault.when}`, 'another answer')
      }),
    )
    await Promise.all([...asked, ...looked])
    // A target need not strike each of these calls: the answer has to be right all the same.
    mustHaveStruck(struck.find((each) => (each?.fired ?? 0) > 0) ?? struck[0], fault.need, 'calls')
  },
}))

function plays(world: World, fault: Fault, verb: string, scene: Scene): Promise<void> {
  return asks(world, fault, verb, async (name, ask) => {
    const { outcome, done, right } = await scene(world, name, ask)
    const promise = `${verb} that ${fault.when}; the store ${done ? 'executed' : 'did not execute'} it`
    if (outcome.is === 'answer') expectThat(done && right(outcome.answer as never), promise, outcome.answer)
    if (outcome.is === 'not-executed') expectThat(!done, `${promise}, which an error may not deny`, outcome)
  })
}

function asks(
  world: World,
  fault: Fault,
  verb: string,
  run: (name: string, ask: Parameters<Scene>[2]) => Promise<void>,
): Promise<void> {
  return disturbed(world, (handle: Disturbed) =>
    run(world.named(`/${verb}`), (call) => {
      fault.arm(handle)
      return outcomeOf(call(handle.backend))
    }),
  )
}
