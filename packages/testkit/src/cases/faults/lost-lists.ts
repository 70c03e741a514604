import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { disturbed, outcomeOf } from './disturb.js'

/** More names than a store is likely to answer at once. */
const NAMES = 30

/** A list that ends early looks as if no other name were held. */
export const lostLists: readonly ConformanceCase[] = [
  {
    id: 'unknown/list-request-lost',
    title: 'a list that loses its connection throws, or is complete',
    requires: ['list', 'cut'],
    run: async (world) => {
      const { a, claim, named } = world
      const held = Array.from({ length: NAMES }, (_, index) => claim({ name: named(`/${index}`) }))
      await inPortions(held, (each) => expectGranted(a, each, 'a free name'))
      for (const cutAfter of [0, 1]) {
        await disturbed(world, async ({ backend, cut }) => {
          const seen = new Set<string>()
          const listing = async (): Promise<void> => {
            if (cutAfter === 0) cut?.()
            for await (const { name } of backend.list?.() ?? []) {
              if (held.some((each) => each.name === name) && seen.add(name).size === cutAfter) cut?.()
            }
          }
          // Some backends list by calls that the target does not disturb: such a list is complete.
          if ((await outcomeOf(listing())).is !== 'answer') return
          const missing = held.flatMap(({ name }) => (seen.has(name) ? [] : [name]))
          const when = cutAfter === 0 ? 'before its first name' : 'after its first name'
          expectSame(missing, [], `held names that are missing from a list which ended, cut ${when}, without an error`)
        })
      }
    },
  },
]
