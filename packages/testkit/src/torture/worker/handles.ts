import type { Terms } from '../history/event.js'
import { ask, callOn, release, sample } from './calls.js'
import { acquire, draw } from './draw.js'
import { type Asking, type Held, pause, type Tools } from './tools.js'
import { use } from './use.js'

/** A further handle on a hold, perhaps a reader's on a writer's hold, which outlives the first one: a downgrade. */
export async function within(tools: Tools): Promise<void> {
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
export async function ticket(tools: Tools): Promise<void> {
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
      // Sometimes the ticket comes when the lease has ended, and others may have the name.
      const lateMs = random(3) === 0 ? random(2 * terms.ttlMs) : 0
      void pause(lateMs).then(() => handOn({ type: 'ticket', ticket: text, group, names, terms }))
      return 'done'
    },
  })
  // The handle has ended, and says so when it is asked.
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
