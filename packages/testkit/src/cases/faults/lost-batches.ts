import type { ConformanceCase } from '../../suite/case.js'
import type { Disturbed } from '../../suite/disturbed.js'
import { expectGranted, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS, type World } from '../../suite/world.js'
import { disturbed, mustHaveStruck, outcomeOf } from './disturb.js'

const { setTimeout } = globalThis
/** As many claims as core sends in one batch. */
const CLAIMS = 100
/** Long enough to cut the connection behind a command whose answer is awaited. */
const DELAY_MS = 300
const LOOK_MS = 5

/** A backend may send a batch in several commands. The connection may end between two of them. */
export const lostBatches: readonly ConformanceCase[] = [
  {
    id: 'unknown/batch-request-lost',
    title: 'a batch whose connection ends, before it or between its commands, throws or is answered by what was done',
    requires: ['cut', 'delay'],
    run: async (world) => {
      for (const later of [false, true]) await disturbed(world, (handle) => extendsAll(world, handle, later))
    },
  },
]

async function extendsAll(world: World, handle: Disturbed, later: boolean): Promise<void> {
  const { a, b, claim, named } = world
  const held = Array.from({ length: CLAIMS }, (_, index) => claim({ name: named(`/${later}/${index}`) }))
  await inPortions(held, (each) => expectGranted(a, each, 'a free name'))
  const first = later ? handle.delay?.(DELAY_MS) : handle.cut?.()
  let settled = false
  const call = outcomeOf(handle.backend.extend(held.map((each) => ({ ...each, ttlMs: 3 * LONG_MS }))))
  const outcome = call.finally(() => (settled = true))
  if (later) {
    // The cut strikes the next command, if the backend sends one more for this batch.
    while (first?.fired === 0 && !settled) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    mustHaveStruck(first, 'delay', 'batch')
    if (!settled) handle.cut?.()
  }
  const seen = await outcome
  if (!later) mustHaveStruck(first, 'cut', 'batch')
  const answers = seen.is === 'answer' ? seen.answer.map(({ status }) => status) : held.map(() => seen.is)
  const wrong: string[] = []
  await inPortions(held, async ({ name }, index) => {
    const remainingMs = (await b.inspect(name))?.holders[0]?.remainingMs ?? 0
    const done = remainingMs > LONG_MS ? 'extended' : 'left as it was'
    const answer = answers[index] ?? 'lost'
    const isTrue = answer === 'unknown' || (answer === 'not-executed' ? done !== 'extended' : answer === done)
    if (!isTrue) wrong.push(`${index}: ${done}, answered ${answer}`)
  })
  const when = later ? 'after its first command' : 'before its first command'
  const promise = `claims of a batch, whose connection ended ${when}, that are answered otherwise than they were extended`
  expectSame(wrong.slice(0, 5), [], promise)
}
