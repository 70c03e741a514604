import type { AcquireOptions, Lease, Locker } from '@holdfast/core'
import type { Terms, Verb } from '../history/event.js'
import { ask, begin, callAbout, callOn, fail, granted, OwnReason, refused, release, sample } from './calls.js'
import { type Asking, type Held, pause, pick, type Tools } from './tools.js'
import { use } from './use.js'

/** A way to use locks: some calls that belong together. */
export interface Scenario {
  readonly verbs: readonly (keyof Locker)[]
  readonly weight: number
  readonly run: (tools: Tools) => Promise<void>
}

const TTLS_MS = [250, 500, 1_000, 2_500]
const WAITS_MS = [0, 40, 400, 2_000, 8_000]
/** How many may share a name that is a semaphore. */
const PLACES = 3

interface Draw extends Asking {
  readonly options: AcquireOptions
}

/** Draws a name and how to hold it. */
function draw(tools: Tools, verb: Verb, kinds: readonly string[]): Draw {
  const { random, nameOf } = tools
  const possible = kinds.filter((each) => tools.kinds.includes(each))
  const kind = possible.length > 0 ? pick(random, possible) : 'solo-a'
  const names = kind === 'several' ? ['solo-b', 'pair', 'solo-a'].map(nameOf) : [nameOf(kind)]
  const shared = kind === 'places' || (kind === 'mixed' && random(3) > 0)
  const ttlMs = pick(random, TTLS_MS)
  const renew = !tools.strict || random(4) > 0
  const maxHoldMs = tools.strict && random(10) === 0 ? 2 * ttlMs : null
  const limit = kind === 'places' ? PLACES : null
  const terms: Terms = { mode: shared ? 'shared' : 'exclusive', limit, ttlMs, renew, maxHoldMs, steal: false }
  const waitMs = verb === 'tryAcquire' || verb === 'ifAvailable' ? 0 : pick(random, WAITS_MS)
  return { verb, names, terms, budgetMs: waitMs, options: optionsOf(terms, waitMs, random(20) === 0 ? 100 : 0) }
}

function optionsOf(
  { mode, limit, ttlMs, renew, maxHoldMs, steal }: Terms,
  waitMs: number,
  minHoldMs: number,
): AcquireOptions {
  return {
    mode,
    ttlMs,
    renew,
    waitMs,
    ...(limit !== null && { limit }),
    ...(maxHoldMs !== null && { maxHoldMs }),
    ...(steal && { steal }),
    ...(minHoldMs > 0 && { minHoldMs }),
  }
}

/**
 * Kinds of names: held by one at a time; by readers and writers; by three at most; taken by force now and then; and
 * several at once.
 */
const ALL = ['solo-a', 'solo-a', 'solo-b', 'mixed', 'mixed', 'places', 'places', 'stolen', 'several']
const PLAIN = ['solo-a', 'solo-b', 'mixed', 'places']

export const exclusiveKinds: readonly string[] = ['solo-a', 'solo-b', 'stolen', 'several']
export const sharedKinds: readonly string[] = ['mixed', 'places']

function nameArgument({ names }: Draw): string | readonly string[] {
  return names.length === 1 ? (names[0] ?? '') : names
}

async function acquire(tools: Tools, drawn: Draw): Promise<Held | null> {
  const { locks } = tools
  return ask(tools, drawn, async () => (await locks.acquire?.(nameArgument(drawn), drawn.options)) ?? null)
}

async function hold(tools: Tools): Promise<void> {
  const held = await acquire(tools, draw(tools, 'acquire', ALL))
  if (held === null) return
  await use(tools, held)
  await release(tools, held)
}

async function tryOnce(tools: Tools): Promise<void> {
  const drawn = draw(tools, 'tryAcquire', ALL)
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
  const drawn = draw(tools, 'acquire', ALL)
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
  const drawn = draw(tools, ifAvailable ? 'ifAvailable' : 'request', ALL)
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
  const name = nameOf(pick(random, PLAIN))
  return callAbout(tools, 'inspect', { names: [name], act: async () => locks.inspect?.(name) })
}

/** A further handle on a hold, perhaps a reader's on a writer's hold, which outlives the first one: a downgrade. */
async function within(tools: Tools): Promise<void> {
  const { random, locks } = tools
  const drawn = draw(tools, 'acquire', ['mixed', 'solo-a'])
  const outer = await acquire(tools, drawn)
  if (outer === null) return
  const mode =
    outer.terms.mode === 'shared' || (drawn.names[0] === tools.nameOf('mixed') && random(3) > 0)
      ? 'shared'
      : 'exclusive'
  const terms: Terms = { ...outer.terms, mode }
  const asking: Asking = { verb: 'within', names: outer.names, terms, budgetMs: 1_000, group: outer.group }
  const inner = await ask(
    tools,
    asking,
    async () => (await locks.acquire?.(outer.names[0] ?? '', { within: outer.lease, mode })) ?? null,
  )
  await use(tools, outer)
  await release(tools, outer)
  if (inner === null) return
  await use(tools, inner)
  await release(tools, inner)
}

/** A hold that goes on in another process. */
async function ticket(tools: Tools): Promise<void> {
  const { secrets, handOn, random } = tools
  const held = await acquire(tools, draw(tools, 'acquire', ['solo-a', 'solo-b', 'mixed', 'places', 'several']))
  if (held === null) return
  const { lease, group, names, terms } = held
  if (!(await use(tools, held))) return release(tools, held)
  await callOn(tools, 'ticket', {
    held,
    act: async () => {
      const text = lease.ticket()
      secrets.add(text)
      // Sometimes it comes when the lease has ended, and others may have the name.
      const lateMs = random(3) === 0 ? random(2 * terms.ttlMs) : 0
      void pause(lateMs).then(() => handOn({ type: 'ticket', ticket: text, group, names, terms }))
      return 'done'
    },
  })
  // The handle has ended: it says so.
  sample(tools, held)
}

/** Goes on with a hold of another process. */
export async function resume(
  tools: Tools,
  { ticket: text, group, names, terms }: Pick<Held, 'group' | 'names' | 'terms'> & { readonly ticket: string },
): Promise<void> {
  tools.secrets.add(text)
  const asking: Asking = { verb: 'resume', names, terms, budgetMs: 10_000, group }
  const held = await ask(tools, asking, async () => (await tools.locks.resume?.(text, { renew: terms.renew })) ?? null)
  if (held === null) return
  await use(tools, held)
  await release(tools, held)
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
