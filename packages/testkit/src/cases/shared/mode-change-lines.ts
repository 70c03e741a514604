import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'
import { notified, watched } from '../watch/watching.js'
import { shares } from './mode-changes.js'

const reading = { mode: 'shared', limit: Infinity } as const
const waiting: Partial<Claim> = { lineMs: LONG_MS }

/** An exclusive lease that becomes shared admits the readers at the head of the line. */
export const modeChangeLines: readonly ConformanceCase[] = [
  {
    id: 'shared-line/downgrade',
    title: 'readers at the head are admitted when the lease of the exclusive owner is extended as shared',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const reader = claim({ ...reading, ...waiting })
      await expectGranted(a, mine, 'nobody holds the name')
      await expectRefused(b, reader, 'somebody holds the name exclusively')
      await shares(a, mine)
      await expectGranted(b, reader, 'the owner holds shared now')
      await expectHeldBy(a, name, [mine.owner, reader.owner], 'both hold shared')
    },
  },
  {
    id: 'shared-line/downgrade-together',
    title: 'an extension as shared admits all readers at the head in the same step, none behind a writer',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const readers = [claim({ ...reading, ...waiting }), claim({ ...reading, ...waiting })]
      const [writer, late] = [claim(waiting), claim({ ...reading, ...waiting })]
      await expectGranted(a, mine, 'nobody holds the name')
      for (const each of [...readers, writer, late]) await expectRefused(b, each, 'somebody holds the name exclusively')
      await shares(a, mine)
      const together = [mine, ...readers].map(({ owner }) => owner)
      await expectHeldBy(b, name, together, 'the owner and the two readers at the head')
      await expectRefused(b, late, 'a writer came before')
      for (const owner of together) await a.release({ name, owner })
      await expectGranted(b, writer, 'all who shared have released')
    },
  },
  {
    id: 'watch/downgrade',
    rule: 'notification',
    title: 'readers at the head are notified when the lease of the exclusive owner is extended as shared',
    requires: ['watch', 'shared', 'line'],
    run: async ({ a, b, claim, eventually }) => {
      const { turns, unwatch } = await watched(b)
      const mine = claim()
      const readers = [claim({ ...reading, ...waiting }), claim({ ...reading, ...waiting })]
      await expectGranted(a, mine, 'nobody holds the name')
      for (const reader of readers) await expectRefused(b, reader, 'somebody holds the name exclusively')
      await shares(a, mine)
      await eventually(() => readers.every((reader) => notified(turns, reader)), 'each of two readers is notified')
      await unwatch()
    },
  },
]
