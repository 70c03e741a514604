import type { Lease, Locker } from '@holdfast/core'
import { ask, begin, callAbout, fail, granted, OwnReason, refused, release, sample } from './calls.js'
import { acquire, ALL_KINDS, draw, nameArgument, PLAIN_KINDS } from './draw.js'
import { ticket, within } from './handles.js'
import { pause, pick, type Tools } from './tools.js'
import { use } from './use.js'

/** A way to use locks: some calls that belong together. */
export interface Scenario {
  readonly verbs: readonly (keyof Locker)[]
  readonly weight: number
  readonly run: (tools: Tools) => Promise<void>
}

async function hold(tools: Tools): Promise<void> {
  const held = await acquire(tools, draw(tools, 'acquire', ALL_KINDS))
  if (held === null) return
  await use(tools, held)
  await release(tools, held)
}

async function tryOnce(tools: Tools): Promise<void> {
  const drawn = draw(tools, 'tryAcquire', ALL_KINDS)
  const { waitMs: _, ...options } = drawn.options
  const held = await ask(
    tools,
    drawn,
    async () => (await tools.locks.tryAcquire?.(nameArgument(drawn), options)) ?? null,
  )
  if (held === null) return
  await use(tools, held)
  await release(tools, held)
}

/** The call is given up while it waits, or while its grant is on the way. */
async function aborted(tools: Tools): Promise<void> {
  const drawn = draw(tools, 'acquire', ALL_KINDS)
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(new OwnReason('given up')), tools.random(600))
  const options = { ...drawn.options, waitMs: 8_000, signal: giveUp.signal }
  const asking = { ...drawn, budgetMs: 8_000, options }
  const held = await acquire(tools, asking)
  clearTimeout(timer)
  if (held === null) return
  await use(tools, held)
  await release(tools, held)
}

/** `request` is written down as an acquisition, and as a release from the end of its callback. */
async function request(tools: Tools): Promise<void> {
  const { random, history, newId, locks } = tools
  const ifAvailable = random(3) === 0
  const drawn = draw(tools, ifAvailable ? 'ifAvailable' : 'request', ALL_KINDS)
  const id = begin(tools, drawn)
  let leaving: string | undefined
  let called = false
  const work = async (lease: Lease | null): Promise<void> => {
    called = true
    if (lease === null) return void refused(tools, id)
    const held = granted(tools, { id, asking: drawn, lease })
    await use(tools, held)
    sample(tools, held)
    leaving = newId()
    history.write({ type: 'call', id: leaving, verb: 'release', names: held.names, budgetMs: 10_000, lease: held.id })
    if (random(8) === 0) throw new OwnReason('the callback failed')
  }
  try {
    await locks.request?.(nameArgument(drawn), { ...drawn.options, ...(ifAvailable && { ifAvailable }) }, work)
    if (leaving !== undefined) history.write({ type: 'end', id: leaving, outcome: 'done' })
  } catch (error) {
    if (!called) fail(tools, id, error)
    else if (leaving !== undefined) fail(tools, leaving, error)
  }
}

async function stealOne(tools: Tools): Promise<void> {
  const drawn = draw(tools, 'acquire', ['stolen'])
  const terms = { ...drawn.terms, steal: true }
  const options = { ...drawn.options, steal: true }
  const held = await acquire(tools, { ...drawn, terms, options })
  if (held === null) return
  await use(tools, held)
  await release(tools, held)
}

function forceRelease(tools: Tools): Promise<void> {
  const name = tools.nameOf('stolen')
  return callAbout(tools, 'forceRelease', { names: [name], act: async () => tools.locks.forceRelease?.(name) })
}

function look(tools: Tools): Promise<void> {
  const { locks, random, nameOf } = tools
  if (random(4) === 0) return callAbout(tools, 'query', { names: [], act: async () => locks.query?.() })
  const name = nameOf(pick(random, PLAIN_KINDS))
  return callAbout(tools, 'inspect', { names: [name], act: async () => locks.inspect?.(name) })
}

async function rest(tools: Tools): Promise<void> {
  await pause(tools.random(300))
}

export const scenarios: readonly Scenario[] = [
  { verbs: ['acquire'], weight: 30, run: hold },
  { verbs: ['tryAcquire'], weight: 10, run: tryOnce },
  { verbs: ['request'], weight: 14, run: request },
  { verbs: ['acquire'], weight: 8, run: aborted },
  { verbs: ['acquire', 'forceRelease'], weight: 5, run: stealOne },
  { verbs: ['forceRelease'], weight: 2, run: forceRelease },
  { verbs: ['inspect', 'query'], weight: 3, run: look },
  { verbs: ['acquire', 'resume'], weight: 10, run: within },
  { verbs: ['acquire', 'resume'], weight: 10, run: ticket },
  { verbs: [], weight: 12, run: rest },
]
