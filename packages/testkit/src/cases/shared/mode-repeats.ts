import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame, expectThat, fenceOf } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const reading = { mode: 'shared', limit: Infinity } as const
const waiting: Partial<Claim> = { lineMs: LONG_MS }
const FENCES = 3

/** An owner who claims again in another mode holds on as before: no claim changes how a name is held. */
export const modeRepeats: readonly ConformanceCase[] = [
  {
    id: 'shared/late-exclusive-extension',
    title: 'an exclusive extension that arrives after the lease has become shared does not make it exclusive',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const other = claim({ mode: 'shared', limit: Infinity })
      await expectGranted(a, mine, 'nobody holds the name')
      await a.extend([{ ...mine, mode: 'shared', limit: Infinity }])
      const [late] = await a.extend([mine])
      const isKnown = late?.status === 'extended' || late?.status === 'lost'
      expectThat(isKnown, 'an exclusive extension of a lease that is shared by now, extended or lost', late)
      await expectGranted(b, other, 'the owner holds shared')
      await expectHeldBy(b, name, [mine.owner, other.owner], 'after an exclusive extension of a shared lease')
    },
  },
  {
    id: 'shared/late-exclusive-extension-lasts',
    title: 'an exclusive extension that arrives after the lease has become shared is extended as it says, or lost',
    requires: ['shared'],
    run: async ({ a, b, named, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await a.extend([{ ...mine, ...reading }])
      const leftTo = async ({ name: its, owner }: Claim): Promise<number> => {
        const seen = await b.inspect(its)
        return seen?.holders.find((each) => each.owner === owner)?.remainingMs ?? 0
      }
      const [late] = await a.extend([{ ...mine, ttlMs: 3 * LONG_MS }])
      const left = await leftTo(mine)
      if (late?.status === 'extended')
        expectThat(left > 2 * LONG_MS, `the rest of a lease that was extended by ${3 * LONG_MS} ms`, `${left} ms`)
      if (!a.capabilities.fencing) return
      const other = claim({ name: named('/fences') })
      await expectGranted(a, other, 'nobody holds the name')
      await a.extend([{ ...other, ...reading }])
      const [reserved] = await a.extend([{ ...other, ttlMs: 1_000, fences: FENCES }])
      const rest = await leftTo(other)
      expectThat(rest > LONG_MS / 2, 'an extension that reserves fences never shortens a lease', `${rest} ms`)
      const next = await expectGranted(b, claim({ ...reading, name: other.name }), 'the owner holds shared')
      if (reserved?.status !== 'extended' || reserved.fence === null) return
      const last = reserved.fence + FENCES - 1
      expectThat(fenceOf(next) > last, `a fence above the reserved ${last}`, fenceOf(next))
    },
  },
  {
    id: 'shared/repeat-changes-nothing',
    rule: 'idempotence',
    title: 'an exclusive owner who claims again as shared goes on to hold exclusively',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim({ fences: 3 })
      const { fence } = await expectGranted(a, mine, 'nobody holds the name')
      const again = await expectGranted(b, { ...mine, ...reading }, 'the owner claims again, as shared')
      expectSame(again.fence, fence, 'the fence of the repeated claim')
      expectSame((await b.inspect(name))?.mode, 'exclusive', 'the mode that inspect shows')
      await expectRefused(b, claim(reading), 'the owner holds exclusively')
      await expectHeldBy(a, name, [mine.owner], 'the owner holds exclusively')
      expectSame((await a.extend([mine]))[0]?.status, 'extended', 'extend of the exclusive lease')
      expectSame(await a.release({ name, owner: mine.owner }), 'released', 'release of the exclusive lease')
    },
  },
  {
    id: 'shared/repeat-refreshes',
    rule: 'idempotence',
    title: 'an exclusive owner who claims again as shared refreshes the ttl',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      const again: Claim = { ...mine, ...reading, ttlMs: LONG_MS }
      await before(start + ms(200), () => expectGranted(b, again, 'the owner claims again, as shared'))
      await outlive(ms(200))
      await expectHeldBy(a, name, [mine.owner], 'the owner claimed again, for longer')
    },
  },
  {
    id: 'shared/repeat-cuts-nothing',
    rule: 'idempotence',
    title: 'an exclusive owner who claims again as shared with a shorter ttl cuts nothing',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      await expectGranted(b, { ...mine, ...reading, ttlMs: ms(50) }, 'the owner claims again, as shared')
      await outlive(ms(50))
      await expectHeldBy(a, name, [mine.owner], 'the lease was longer before')
      await expectRefused(b, claim(), 'the lease was longer before')
    },
  },
  {
    id: 'shared/upgrade-refused',
    rule: 'shared-repeat',
    title: 'a shared owner who claims again as exclusive is refused, holds on, and goes on sharing',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim(reading)
      const { fence } = await expectGranted(a, mine, 'nobody holds the name')
      await expectRefused(a, { ...mine, mode: 'exclusive', limit: 1 }, 'a reader would write')
      expectSame((await b.inspect(name))?.mode, 'shared', 'the mode that inspect shows')
      const again = await expectGranted(b, mine, 'the reader claims again, as shared')
      expectSame(again.fence, fence, 'the fence of a reader who would have written')
      const other = claim(reading)
      await expectGranted(b, other, 'only readers')
      await expectHeldBy(a, name, [mine.owner, other.owner], 'two readers')
    },
  },
  {
    id: 'shared/upgrade-line',
    rule: 'shared-repeat',
    title: 'a shared owner who claims again as exclusive gets no place in line: it would wait for itself',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim(reading)
      await expectGranted(a, mine, 'nobody holds the name')
      const { ahead } = await expectRefused(
        a,
        { ...mine, ...waiting, mode: 'exclusive', limit: 1 },
        'a reader would write',
      )
      expectSame(ahead, null, 'the place in line of a reader who would write')
      expectSame((await b.inspect(name))?.waiting, 0, 'how many wait')
      await expectGranted(b, claim(reading), 'only readers, and nobody waits')
    },
  },
  {
    id: 'shared-line/repeat-admits-nobody',
    title: 'readers at the head go on waiting when the exclusive owner claims again as shared',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      const reader = claim({ ...reading, ...waiting })
      await expectGranted(a, mine, 'nobody holds the name')
      await expectRefused(b, reader, 'somebody holds the name exclusively')
      await expectGranted(a, { ...mine, ...reading, ...waiting }, 'the owner claims again, as shared')
      expectSame((await b.inspect(name))?.waiting, 1, 'how many wait')
      await expectHeldBy(a, name, [mine.owner], 'the owner holds exclusively')
      expectSame(
        (await expectRefused(b, reader, 'the owner holds exclusively')).ahead,
        0,
        'how many stand before the reader',
      )
    },
  },
]
