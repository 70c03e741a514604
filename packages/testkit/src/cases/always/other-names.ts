import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectThat, fenceOf } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** More names than a store is likely to keep before it clears up; a third of them is released again. */
const OTHERS = 600
/** A ttl that ends within the case; the claims that wait for the lease stay. */
const SHORT_MS = 60
/** A ttl that lasts beyond the case, though it is short. */
const BRIEF_MS = 9_000

/** A store that clears up after some names leaves others as they are. */
export const otherNames: readonly ConformanceCase[] = [
  {
    id: 'names/others',
    title: 'six hundred claims of new names change nothing of the names that are held, waited for, kept or free',
    alone: true,
    run: async (world) => {
      const { a, b, claim, named, now, before } = world
      const checks: (() => Promise<unknown>)[] = []
      for (const [kind, prepare] of Object.entries(KINDS)) checks.push(await prepare(world, named(`/${kind}`)))
      const end = now() + world.ms(BRIEF_MS)
      const briefLasts = await brief(world, named('/brief'))
      await world.outlive(world.ms(SHORT_MS))
      const others = Array.from({ length: OTHERS }, (_, index) => claim({ name: named(`/other/${index}`) }))
      await inPortions(others, (each, index) => comeAndGo(index % 2 ? a : b, each))
      await before(end, briefLasts)
      for (const check of checks) await check()
    },
  },
]

/** Claims a name; one in three names is released again. */
async function comeAndGo(handle: LockBackend, claim: Claim): Promise<void> {
  const { name, owner } = claim
  await expectGranted(handle, claim, 'nobody holds the name')
  if (Number(name.split('/').at(-1)) % 3 === 0) await handle.release({ name, owner })
}

type Prepare = (world: World, name: string) => Promise<() => Promise<unknown>>

const AFTER = 'after six hundred claims of other names'

const KINDS: Readonly<Record<string, Prepare>> = {
  held: async ({ a, b, claim }, name) => {
    const mine = claim({ name })
    await expectGranted(a, mine, 'nobody holds the name')
    return () => expectHeldBy(b, name, [mine.owner], AFTER)
  },
  kept: async ({ a, b, claim }, name) => {
    const mine = claim({ name })
    await expectGranted(a, mine, 'nobody holds the name')
    await a.release({ name, owner: mine.owner, keepMs: LONG_MS })
    return () => expectRefused(b, claim({ name }), `a name that is kept, ${AFTER}`)
  },
  free: async ({ a, b, claim }, name) => {
    const mine = claim({ name })
    const grant = await expectGranted(a, mine, 'nobody holds the name')
    await a.release({ name, owner: mine.owner })
    return async () => {
      const later = await expectGranted(b, claim({ name }), 'the name was released')
      if (!a.capabilities.fencing) return
      expectThat(fenceOf(later) > fenceOf(grant), `a fence after ${grant.fence}, ${AFTER}`, later)
    }
  },
  shared: async ({ a, b, claim }, name) => {
    if (!a.capabilities.shared) return async () => {}
    const readers = [0, 1, 2].map(() => claim({ name, mode: 'shared', limit: Infinity }))
    for (const reader of readers) await expectGranted(a, reader, 'only readers')
    return () =>
      expectHeldBy(
        b,
        name,
        readers.map(({ owner }) => owner),
        AFTER,
      )
  },
  line: async (world, name) => waited(world, world.claim({ name })),
  ended: async (world, name) => waited(world, world.claim({ name, ttlMs: world.ms(SHORT_MS) })),
}

/** Lets two claims wait for a lease, which may end meanwhile. */
async function waited({ a, b, claim }: World, holder: Claim): Promise<() => Promise<unknown>> {
  if (!a.capabilities.line) return async () => {}
  const { name } = holder
  const [head, second] = [claim({ name, lineMs: LONG_MS }), claim({ name, lineMs: LONG_MS })]
  await expectGranted(a, holder, 'nobody holds the name')
  for (const waiter of [head, second]) await b.acquire(waiter)
  return async () => {
    await a.release({ name, owner: holder.owner })
    await expectHeldBy(b, name, [head.owner], `the head of a line, ${AFTER}`)
    await a.release({ name, owner: head.owner })
    await expectHeldBy(b, name, [second.owner], `the second in a line, ${AFTER}`)
  }
}

async function brief({ a, b, claim, ms }: World, name: string): Promise<() => Promise<unknown>> {
  const mine = claim({ name, ttlMs: ms(BRIEF_MS) })
  await expectGranted(a, mine, 'nobody holds the name')
  return () => expectHeldBy(b, name, [mine.owner], `a lease of a few seconds, ${AFTER}`)
}
