import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { written } from '../../suite/show.js'

/** Suffixes that a comparison takes for equal which is not by code points. */
const ALIKE = [
  ...['Pool', 'pool', 'POOL', 'pool ', ' pool', 'po\u00f6l', 'poo\u0308l', 'po\u200bol', 'po\0ol', 'po'],
  ...['\u304b', '\u30ab', '\uff76', 'stra\u00dfe', 'strasse', '{pool}', 'p_ol', '%', '1', '01', '1.0'],
]

/** A store may keep shared leases in another table than exclusive ones, which compares names otherwise. */
export const sharedNames: readonly ConformanceCase[] = [
  {
    id: 'names/shared',
    title: 'the permits of a name are no permits of another name, however alike',
    requires: ['shared'],
    run: async ({ a, b, named, claim }) => {
      const permit = (name: string): Claim => claim({ name, mode: 'shared', limit: 1 })
      const permits = ALIKE.map((suffix) => permit(named(`/${suffix}`)))
      await inPortions(permits, (each) =>
        expectGranted(a, each, `the only permit of ${written(each.name)} is free, names like it are held`),
      )
      await inPortions(permits, async (each) => {
        await expectRefused(b, permit(each.name), `the only permit of ${written(each.name)}`)
        await expectHeldBy(b, each.name, [each.owner], written(each.name))
      })
    },
  },
]
