import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same } from '../expect.js'
import { LONG_MS } from '../world.js'

const reading = { mode: 'shared', limit: Infinity } as const
const waiting: Partial<Claim> = { lineMs: LONG_MS }

/** An owner who claims again in another mode holds on as before: no claim changes how a name is held. */
export const modeRepeats: readonly ConformanceCase[] = [
  {
    id: 'shared/repeat-changes-nothing',
    title: 'an exclusive owner who claims again as shared goes on to hold exclusively',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish({ fences: 3 })
      const { fence } = await granted(a, mine, 'nobody holds the name')
      const again = await granted(b, { ...mine, ...reading }, 'the owner claims again, as shared')
      same(again.fence, fence, 'the fence of the repeated claim')
      same((await b.inspect(name))?.mode, 'exclusive', 'the mode that inspect shows')
      await refused(b, wish(reading), 'the owner holds exclusively')
      await heldBy(a, name, [mine.owner], 'the owner holds exclusively')
      same((await a.extend([mine]))[0]?.status, 'extended', 'extend of the exclusive lease')
      same(await a.release({ name, owner: mine.owner }), 'released', 'release of the exclusive lease')
    },
  },
  {
    id: 'shared/repeat-refreshes',
    title: 'an exclusive owner who claims again as shared refreshes the ttl',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'nobody holds the name')
      const again: Claim = { ...mine, ...reading, ttlMs: LONG_MS }
      await before(start + ms(200), () => granted(b, again, 'the owner claims again, as shared'))
      await outlive(ms(200))
      await heldBy(a, name, [mine.owner], 'the owner claimed again, for longer')
    },
  },
  {
    id: 'shared/repeat-cuts-nothing',
    title: 'an exclusive owner who claims again as shared with a shorter ttl cuts nothing',
    requires: ['shared'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      await granted(b, { ...mine, ...reading, ttlMs: ms(50) }, 'the owner claims again, as shared')
      await outlive(ms(50))
      await heldBy(a, name, [mine.owner], 'the lease was longer before')
      await refused(b, wish(), 'the lease was longer before')
    },
  },
  {
    id: 'shared/upgrade-refused',
    title: 'a shared owner who claims again as exclusive is refused, holds on, and goes on sharing',
    requires: ['shared'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish(reading)
      const { fence } = await granted(a, mine, 'nobody holds the name')
      await refused(a, { ...mine, mode: 'exclusive', limit: 1 }, 'a reader would write')
      same((await b.inspect(name))?.mode, 'shared', 'the mode that inspect shows')
      const again = await granted(b, mine, 'the reader claims again, as shared')
      same(again.fence, fence, 'the fence of a reader who would have written')
      const other = wish(reading)
      await granted(b, other, 'only readers')
      await heldBy(a, name, [mine.owner, other.owner], 'two readers')
    },
  },
  {
    id: 'shared/upgrade-line',
    title: 'a shared owner who claims again as exclusive gets no place in line: it would wait for itself',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish(reading)
      await granted(a, mine, 'nobody holds the name')
      const { ahead } = await refused(a, { ...mine, ...waiting, mode: 'exclusive', limit: 1 }, 'a reader would write')
      same(ahead, null, 'the place in line of a reader who would write')
      same((await b.inspect(name))?.waiting, 0, 'how many wait')
      await granted(b, wish(reading), 'only readers, and nobody waits')
    },
  },
  {
    id: 'shared-line/repeat-admits-nobody',
    title: 'readers at the head go on waiting when the exclusive owner claims again as shared',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      const reader = wish({ ...reading, ...waiting })
      await granted(a, mine, 'nobody holds the name')
      await refused(b, reader, 'somebody holds the name exclusively')
      await granted(a, { ...mine, ...reading, ...waiting }, 'the owner claims again, as shared')
      same((await b.inspect(name))?.waiting, 1, 'how many wait')
      await heldBy(a, name, [mine.owner], 'the owner holds exclusively')
      same((await refused(b, reader, 'the owner holds exclusively')).ahead, 0, 'how many stand before the reader')
    },
  },
]
